"""Networks of the studies beside this one: encoders, SE-ResNet, Ribeiro's ResNet, S4D."""

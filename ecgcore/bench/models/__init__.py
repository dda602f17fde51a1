"""Speed of the networks beside reference networks."""

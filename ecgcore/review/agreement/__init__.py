"""How far readers agree with each other, with the label, with models and with a consensus."""

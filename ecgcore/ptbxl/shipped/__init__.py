"""Tables about every record of a data set that ship with the project."""

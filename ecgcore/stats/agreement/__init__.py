"""How far readers agree: pairs, all readers at once, and a change of mind."""

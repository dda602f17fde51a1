"""Which cases come first and why, and who reads which."""

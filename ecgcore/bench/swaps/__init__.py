"""How many swapped electrodes are found, and how the networks behind that were made."""

"""Download of PTB-XL from PhysioNet."""

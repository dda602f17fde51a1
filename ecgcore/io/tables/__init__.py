"""Tables of numbers: CSV and NPZ."""

"""PTB-XL: tables, cohort, signals; and the synthetic set in its shape."""

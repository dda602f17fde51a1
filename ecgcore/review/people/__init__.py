"""Who takes part, and what each may see, write and export."""

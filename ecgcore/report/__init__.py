"""The printed report, drawn by Matplotlib true to scale."""

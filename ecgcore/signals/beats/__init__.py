"""Where beats are, what they look like, and their average."""

"""Commands that turn files into files."""

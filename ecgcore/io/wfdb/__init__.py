"""WFDB headers and signal files."""

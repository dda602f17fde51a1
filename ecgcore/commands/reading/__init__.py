"""Commands about readers and their readings."""

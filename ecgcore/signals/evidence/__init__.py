"""Where measured values come from, their normal limits, and what they say in plain words."""

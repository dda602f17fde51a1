"""Attribution methods, each in a module, and what they share."""

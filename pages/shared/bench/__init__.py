"""What times the pages; run by ``python3.11 -m ecgcore bench``."""

"""What every command returns."""

from typing import Any

OK, FAILED, BAD_INPUT = 0, 1, 2

Result = tuple[int, Any, str]
"""Exit status, what --json prints, and what a person reads."""

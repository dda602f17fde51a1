"""Folders beside the tests; what lies in `SHARED` may be missing, and tests then skip."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
SAMPLES = SHARED / "samples"
LUDB = SAMPLES / "ludb"

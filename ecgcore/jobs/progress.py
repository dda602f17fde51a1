"""The event log of a run: one JSON object per line, written by the job, read by everybody."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MAX_BYTES = 32 * 2**20
"""The end of a log that is read: some hundred thousand events."""


def append(path: Path, event: Mapping[str, object]) -> None:
    """Add `event` as one line in a single write; a half-written line before it is closed first."""
    line = json.dumps(dict(event)).encode() + b"\n"
    with path.open("ab+", buffering=0) as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)


def write_whole(path: Path, text: str) -> None:
    """Replace a small file in one step: a process that is killed leaves the old one or the new."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the events in order, without lines cut short by a killed writer; none if no file."""
    try:
        lines = path.read_bytes()[-_MAX_BYTES:].splitlines()
    except OSError:
        return []
    return [event for event in map(_parse, lines) if event is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None

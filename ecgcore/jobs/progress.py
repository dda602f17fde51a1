"""The event log of a run: one JSON object per line, written by the job, read by everybody."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append(path: Path, event: Mapping[str, object]) -> None:
    """Add `event` as one line in a single write; a half-written line before it is closed first."""
    line = json.dumps(dict(event)).encode() + b"\n"
    with path.open("ab+", buffering=0) as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the events in order, without lines cut short by a killed writer; none if no file."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [event for event in map(_parse, lines) if event is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None

"""Writers killed in mid-write: nothing that was confirmed may be lost."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass

import sqlalchemy as sa

from ecgcore.review.store.log import Draft, ReviewLog
from ecgcore.settings import PROJECT_DIR

_WRITE = "from ecgcore.bench.reviews.kills import write; import sys; write(*sys.argv[1:])"
_LATEST_KILL_S = 0.05


@dataclass(frozen=True, slots=True)
class Kills:
    """Readings confirmed before kills, how many of them are gone, and faults of the chain."""

    kills: int
    confirmed: int
    found: int
    lost: int
    faults: int


def write(address: str, reader: str) -> None:
    """Append without end; write each case out once it is confirmed."""
    log = ReviewLog.at(sa.make_url(address))
    case = 0
    while True:
        case += 1
        body = {"verdict": "MI", "confidence": 80, "text": "x" * 2000}
        log.append(Draft(f"reading/{case}/{reader}", "reading", "kills", str(case), reader, body))
        sys.stdout.write(f"{case}\n")
        sys.stdout.flush()


def after_kills(address: str, n_kills: int, seed: int = 0) -> Kills:
    """Kill -9 so many writers at random moments, one after another, and look for their work."""
    chance = random.Random(seed)
    confirmed = {
        f"r{k}": _killed(address, f"r{k}", chance.uniform(0, _LATEST_KILL_S))
        for k in range(n_kills)
    }
    log = ReviewLog.at(sa.make_url(address))
    entries, faults = log.entries(), len(log.verify())
    log.engine.dispose()
    there = {(entry.reader, int(entry.case)) for entry in entries}
    promised = {(who, case) for who, last in confirmed.items() for case in range(1, last + 1)}
    return Kills(n_kills, len(promised), len(entries), len(promised - there), faults)


def _killed(address: str, reader: str, delay_s: float) -> int:
    """Start a writer, kill it so long after its first confirmation; return its last one."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE, address, reader],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_DIR,
    ) as writer:
        if writer.stdout is None:
            raise RuntimeError("the writer has no output")
        first = writer.stdout.readline()
        time.sleep(delay_s)
        writer.kill()
        said = [first, *writer.stdout.read().split("\n")]
    return max((int(line) for line in said if line.strip().isdigit()), default=0)

"""A process that appends readings until it is killed, and what must be left of its work.

``python -m tests.support.reviews.crash ADDRESS N`` kills so many of them (the issue asks for 200).
"""

import random
import subprocess
import sys
import time

import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog
from tests.support.paths import PROJECT
from tests.support.reviews.stores import draft

_WRITE = (
    "from tests.support.reviews.crash import write; import sys; write(sys.argv[1], sys.argv[2])"
)


def write(address: str, reader: str) -> None:
    """Append without end; print each case when it is confirmed."""
    log = ReviewLog.at(sa.make_url(address))
    case = 0
    while True:
        case += 1
        log.append(draft(case, reader, text="x" * 2000))
        print(case, flush=True)


def killed_in_mid_write(address: str, reader: str, delay_s: float) -> int:
    """Start a writer, kill -9 it so long after its first confirmation; return the confirmed."""
    command = [sys.executable, "-c", _WRITE, address, reader]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(delay_s)
    writer.kill()
    rest = writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()
    return int(rest[-1] if rest else first)


def check_after_kills(address: str, n_kills: int, seed: int = 0) -> tuple[int, int]:
    """Kill `n_kills` writers one after another; return confirmed and found, all of it checked."""
    chance = random.Random(seed)
    confirmed = {
        f"r{k}": killed_in_mid_write(address, f"r{k}", chance.uniform(0, 0.05))
        for k in range(n_kills)
    }
    log = ReviewLog.at(sa.make_url(address))
    entries = log.entries()
    assert log.verify() == []
    for reader, last in confirmed.items():
        cases = [int(one.case) for one in entries if one.reader == reader]
        assert cases == list(range(1, len(cases) + 1))
        assert len(cases) in (last, last + 1), f"{reader}: {last} confirmed, {len(cases)} found"
    log.engine.dispose()
    return sum(confirmed.values()), len(entries)


if __name__ == "__main__":
    print("confirmed, found:", check_after_kills(sys.argv[1], int(sys.argv[2])))

"""Change one line at a time, at random, and print which changes no test notices.

``python -m tests.mutation --n 200 --seed 1`` draws from all modules; ``--changed main`` only from
those that differ from a commit, ``--paths`` from files or folders. The first run records which
test runs which line (one run of the suite); ``--record`` does so again after larger changes.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutation import reach, score
from tests.mutation.sites import sites
from tests.mutation.trial import Change, Copy, Outcome, git
from tests.support.paths import PROJECT

MAP = PROJECT / "data" / "mutation-map"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    args = _parser().parse_args(argv)
    paths = _paths(args)
    if args.record or not (args.map / "sources.json").exists():
        reach.record(args.map)
    changes = drawn(paths, args.n, args.seed)
    outcomes = tried(changes, args)
    print(json.dumps(score.as_json(outcomes)) if args.json else score.as_text(outcomes))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="how many changes")
    parser.add_argument("--seed", type=int, default=0, help="what they are drawn with")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="of all modules (the default)")
    which.add_argument("--changed", metavar="BASE", help="of modules that differ from a commit")
    which.add_argument("--paths", nargs="+", type=Path, help="of these files and folders")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of tests per change")
    parser.add_argument("--limit", type=float, default=480.0, help="seconds until one is ended")
    parser.add_argument("--map", type=Path, default=MAP, help="where the recorded run is kept")
    parser.add_argument("--record", action="store_true", help="record again which test runs what")
    parser.add_argument("--json", action="store_true")
    return parser


def _paths(args: argparse.Namespace) -> list[str]:
    """Return the source files that are asked for, relative to the project."""
    if args.changed:
        names = git("diff", "--name-only", "--diff-filter=d", args.changed, "--", "*.py")
        asked: Iterable[Path] = (PROJECT / name for name in names)
    else:
        asked = args.paths or [PROJECT / "ecgcore", PROJECT / "pages"]
    files = {f.resolve() for p in asked for f in (p.rglob("*.py") if p.is_dir() else [p])}
    sources = (file.relative_to(PROJECT).as_posix() for file in files)
    return sorted(name for name in sources if name.startswith(("ecgcore/", "pages/")))


def drawn(paths: Sequence[str], n: int, seed: int) -> list[Change]:
    """Draw changes of places that are all equally likely, at most one of each place."""
    places: dict[tuple[str, int], list[Change]] = {}
    for path in paths:
        for site in sites((PROJECT / path).read_bytes()):
            places.setdefault((path, site.start), []).append(Change(path, site))
    rng = random.Random(seed)
    chosen = rng.sample(sorted(places), min(n, len(places)))
    return [rng.choice(places[place]) for place in chosen]


def tried(changes: Sequence[Change], args: argparse.Namespace) -> list[Outcome]:
    """Try every change, in as many copies of the project as there are workers."""
    known = reach.load(args.map)
    with tempfile.TemporaryDirectory(prefix="mutation-") as parent:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for _ in range(args.workers):
            copies.put(Copy(Path(parent)))

        def try_one(change: Change) -> Outcome:
            copy = copies.get()
            tests = known.tests(change.path, change.site.line, args.budget)
            try:
                outcome = copy.run(change, tests, args.limit)
            finally:
                copies.put(copy)
            say(outcome)
            return outcome

        with ThreadPoolExecutor(args.workers) as pool:
            return list(pool.map(try_one, changes))


def say(outcome: Outcome) -> None:
    """Print one line of progress."""
    site = outcome.change.site
    words = f"{outcome.result:10} {outcome.change.path}:{site.line} {site.old!r} to {site.new!r}"
    print(f"{words} {outcome.by}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

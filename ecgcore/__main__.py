"""``python3.11 -m ecgcore``: any Python starts it, the project's ``.venv`` runs it."""

import os
import sys
from pathlib import Path

from ecgcore.bootstrap import PROJECT_DIR, Environment, hand_over, lacking

_IN_VENV = "ecgcore-venv"  # as "-X ecgcore-venv" it keeps the second interpreter from searching on


def main() -> int:
    """Run the command here if its packages are here, else in ``.venv``; 2 if it can do neither."""
    missing = lacking(PROJECT_DIR / "requirements.txt")
    if not missing:
        from ecgcore import cli

        return cli.main()
    windows = os.name == "nt"
    python = Environment(PROJECT_DIR, windows).python
    if python.exists() and _IN_VENV not in sys._xoptions:
        command = [str(python), "-X", _IN_VENV, "-m", "ecgcore", *sys.argv[1:]]
        return hand_over(command, Path.cwd(), dict(os.environ), windows)
    print(
        f"error: {missing} is not installed; run 'python3.11 -m ecgcore.bootstrap run' once in "
        f"{PROJECT_DIR}, which makes the project's .venv.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())

"""Open the dashboard with the interpreter and the packages that run this command."""

import argparse
import os
import sys
from pathlib import Path

from ecgcore.bootstrap import (
    DEFAULT_PORT,
    SetupError,
    check_data,
    check_port,
    hand_over,
    run_command,
)
from ecgcore.commands.result import Result
from ecgcore.errors import EcgError
from ecgcore.settings import APP_DIR, Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the port, and whether a browser is opened."""
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--no-browser", action="store_true", help="open no browser window")
    parser.add_argument("--address", default="", help="where others reach it; this machine only")
    parser.add_argument(
        "--open-to-network", action="store_true", help="mean it, without password and log-in"
    )


def run_dashboard(args: argparse.Namespace, settings: Settings) -> Result:
    """Become the server; only Windows comes back, when the server has stopped."""
    try:
        if settings.data_dir is not None:
            check_data(settings.data_dir)
        check_port(args.port)
    except SetupError as error:
        raise EcgError(str(error)) from error
    browser, env = not args.no_browser, settings.as_env()
    if args.open_to_network:
        env["ECG_OPEN_TO_NETWORK"] = "1"
    command = run_command(Path(sys.executable), args.port, browser, args.address)
    status = hand_over(command, APP_DIR, env, windows=os.name == "nt")
    return status, {"status": status}, "The dashboard has stopped."

"""The audit of the maps."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask whether to compute, and how many cases."""
    parser.add_argument(
        "--run",
        dest="compute",
        action="store_true",
        help="compute what is missing; else print what ships",
    )
    parser.add_argument(
        "--fit",
        action="store_true",
        help="compute only what is missing of the checks on fold 9; print the fitted limits",
    )
    parser.add_argument(
        "--cases", type=int, metavar="N", help="at most so many records of each part"
    )
    parser.add_argument("--run-dir", type=Path, help="folder of a job that is told how far it is")


def run_audit_command(args: argparse.Namespace, settings: Settings) -> Result:
    """Print what the audit's tables say; compute them first if asked."""
    from ecgcore.errors import ModelError
    from ecgcore.explain.audit.claims import claim_tests
    from ecgcore.explain.audit.summary import as_json, complete

    if args.cases is not None and args.cases < 1:
        raise ModelError(f"--cases is {args.cases}; 1 or more is needed.")
    if args.compute or args.fit:
        _run(args, settings)
    audit = complete(settings.pretrained_dir)
    data = as_json(audit, claim_tests(audit))
    return OK, data, _limits_text(data) if args.fit else _text(data)


def _run(args: argparse.Namespace, settings: Settings) -> None:
    from ecgcore.explain.audit.findings import FITTED_PART
    from ecgcore.explain.audit.run import CASES, run_audit

    cases = {
        part: min(n, args.cases or n) if args.compute or part == FITTED_PART else 0
        for part, n in CASES.items()
    }
    run_audit(settings, cases=cases, quiet=args.json, run_dir=args.run_dir)


def _text(data: dict[str, Any]) -> str:
    goals, aimed = data["goals"], data["aimed"]
    lines = [f"{name:28} {value:8.3f}  {aimed[name]}" for name, value in goals.items()]
    lines += ["", data["claim"]["words"]]
    lines += [
        f"{one['arch']:12} {one['measured']}: {one['value']:.3f} [{one['low']:.3f}, "
        f"{one['high']:.3f}], by chance {one['chance']:.3f}, n {one['n']}: {one['verdict']}"
        for one in data["claim"]["tests"]
    ]
    lines += ["", "Methods by faithfulness"]
    lines += [
        f"{one['title']:40} {one['faithfulness']:6.2f} [{one['low']:.2f}, {one['high']:.2f}]  "
        f"seeds {one['self_consistency']:.2f}"
        for one in data["league"]
    ]
    return "\n".join(lines)


def _limits_text(data: dict[str, Any]) -> str:
    lines = ["5th, 50th and 95th percentile on fold 9, of intact and of destroyed networks"]
    for one in data["limits"]:
        intact, destroyed = (
            f"{', '.join(f'{value:.3f}' for value in one[name])} (n {one[f'n_{name}']})"
            for name in ("intact", "destroyed")
        )
        limits = "not fitted"
        if one["in_force"] is not None:
            limits = f"trust from {one['good']:g}, refuse below {one['bad']:g}"
            limits += "" if one["in_force"] else "; others are in force"
        lines.append(
            f"{one['name']:20} intact {intact}; destroyed {destroyed}; AUROC {one['auroc']:.3f}; "
            f"{limits}"
        )
    goals, aimed = data["goals"], data["aimed"]
    lines += ["", "Fold 10, by the limits in force"]
    lines += [
        f"{name:20} {goals[name]:.3f}  {aimed[name]}"
        for name in ("refused_destroyed", "refused_intact")
    ]
    return "\n".join(lines)

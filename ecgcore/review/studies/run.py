"""A study while it runs: locked at its start, resumed where a reader stopped, ended once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, Progress, commit, progress, reveal
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft, Receipt, ReviewLog
from ecgcore.review.store.secrets import keep, kept
from ecgcore.review.studies.allocation import Advice, Item, advice_on, schedule
from ecgcore.review.studies.protocol import AFTER, ALONE, ArmName, Protocol, arm_study

PROTOCOL, END = "protocol", "study end"
KINDS = (PROTOCOL, END)
"""Kinds of entries that a study itself has."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a reader does next.

    Attributes
    ----------
    item
        The case and its arm; None where the reader is done.
    reading
        Number of the reading to come: 2 after advice that came after the own read.
    n_done, n_items
        How far the reader is.
    opens
        When the round of this item begins; None where it has begun.
    """

    item: Item | None
    reading: int
    n_done: int
    n_items: int
    opens: datetime | None = None


def start(log: ReviewLog, protocol: Protocol, by: str) -> Receipt:
    """Lock the protocol, with a new secret, and begin; the same one again is the same study.

    Raises
    ------
    ReviewError
        If a study of this name runs by another protocol.
    """
    secret = keep(log, protocol.name, protocol.secret or secrets.token_hex(32))
    ours = replace(protocol, secret=secret)
    receipt = log.append(
        Draft(f"{PROTOCOL}/{protocol.name}", PROTOCOL, protocol.name, "", by, _body(ours))
    )
    if not receipt.new and (theirs := _read(log, receipt.entry)) != ours:
        raise ReviewError(
            f"The study {protocol.name} is locked: its protocol has the SHA-256 "
            f"{theirs.hash[:16]}…, this one {ours.hash[:16]}…. A changed protocol is another study "
            "and needs another name."
        )
    return receipt


def _body(protocol: Protocol) -> dict[str, object]:
    return {"protocol": protocol.as_body(), "sha256": protocol.hash}


def load(log: ReviewLog, name: str) -> Protocol:
    """Read the protocol of a study as it was locked.

    Raises
    ------
    ReviewError
        If there is no such study, its protocol is no longer what was locked, or the secret that it
        draws by is not in this store.
    """
    entries = log.entries(study=name, kinds=[PROTOCOL])
    if not entries:
        raise ReviewError(f"There is no reader study “{name[:40]}”.")
    return _read(log, entries[0])


def _read(log: ReviewLog, entry: Entry) -> Protocol:
    said = json.loads(entry.body)
    secret = _secret(log, entry.study) if "secret_sha256" in said["protocol"] else ""
    protocol = Protocol.from_body(said["protocol"], secret)
    if not entry.sound or protocol.hash != said["sha256"]:
        raise ReviewError(
            f"The protocol of the study {entry.study} was changed after its start, so the study "
            "stops. `review verify` names the entry."
        )
    return protocol


def _secret(log: ReviewLog, name: str) -> str:
    end = ended(log, name)
    secret = json.loads(end.body).get("secret", "") if end else ""
    if found := secret or kept(log, name):
        return str(found)
    raise ReviewError(
        f"The secret by which the study {name} draws is not in this store. It goes on in the store "
        "that it was started in, or in a copy by `review backup`; an export holds no secrets."
    )


def names(log: ReviewLog) -> list[str]:
    """List the studies that were started, the newest first."""
    return [entry.study for entry in reversed(log.entries(kinds=[PROTOCOL]))]


def ended(log: ReviewLog, name: str) -> Entry | None:
    """Return the entry that ended a study, None while it runs."""
    return next(iter(log.entries(study=name, kinds=[END])), None)


def all_arms(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Return for each study the names under which the readings of its arms are kept."""
    found = [one for one in entries if one.kind == PROTOCOL]
    arms = {one.study: json.loads(one.body)["protocol"]["arms"] for one in found}
    return {name: frozenset(arm_study(name, arm) for arm in mine) for name, mine in arms.items()}


def closed_arms(entries: Iterable[Entry]) -> frozenset[str]:
    """Return those of the studies that run: nobody sees their readings yet."""
    found = list(entries)
    over = {entry.study for entry in found if entry.kind == END}
    running = (mine for name, mine in all_arms(found).items() if name not in over)
    return frozenset().union(*running)


def end(log: ReviewLog, protocol: Protocol, by: str) -> Receipt:
    """End a study for good; from now on results and secret are seen, and nobody reads on."""
    done = sum(step.n_done for step in all_steps(log, protocol).values())
    body = {"sha256": protocol.hash, "cases_read": done, "secret": protocol.secret}
    return log.append(Draft(f"{END}/{protocol.name}", END, protocol.name, "", by, body))


def readings_of(log: ReviewLog, protocol: Protocol, reader: str | None = None) -> list[Entry]:
    """Return every entry of the study's arms, of one reader or of all."""
    return [
        entry
        for arm in protocol.arms
        for entry in log.entries(study=protocol.study(arm), reader=reader)
    ]


def all_steps(log: ReviewLog, protocol: Protocol) -> dict[str, Step]:
    """Return where every reader is."""
    entries: dict[str, list[Entry]] = {reader: [] for reader in protocol.readers}
    for entry in readings_of(log, protocol):
        entries.setdefault(entry.reader, []).append(entry)
    now = datetime.now(UTC)
    return {who: step_in(protocol, who, entries[who], now) for who in protocol.readers}


def steps(log: ReviewLog, protocol: Protocol, reader: str, now: datetime | None = None) -> Step:
    """Return where a reader is, and what comes next."""
    entries = readings_of(log, protocol, reader)
    return step_in(protocol, reader, entries, now or datetime.now(UTC))


def step_in(protocol: Protocol, reader: str, entries: Iterable[Entry], now: datetime) -> Step:
    """Return the same from the reader's entries."""
    items = schedule(protocol, reader)
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.study, entry.case), []).append(entry)
    mine = [found.get((protocol.study(item.arm), item.case), []) for item in items]
    read = [sum(entry.kind == "reading" for entry in one) for one in mine]
    done = [n >= n_readings(item.arm) for item, n in zip(items, read, strict=True)]
    if all(done):
        return Step(None, 1, len(items), len(items))
    here = done.index(False)
    item, number = items[here], read[here] + 1
    before = [one for other, one in zip(items, mine, strict=True) if other.round == item.round - 1]
    last = max((entry.at for one in before for entry in one), default="")
    opens = datetime.fromisoformat(last) + timedelta(days=protocol.days_between) if last else now
    return Step(item, number, sum(done), len(items), opens if opens > now else None)


def n_readings(arm: ArmName) -> int:
    """Return how often a case is read in an arm."""
    return 2 if arm == AFTER else 1


def shown_advice(protocol: Protocol, item: Item, found: Progress) -> Advice | None:
    """Return the advice that may leave the server now; None while the reader is to read alone."""
    if item.arm == ALONE or (item.arm == AFTER and not (found.readings and found.revealed)):
        return None
    return advice_on(protocol, protocol.case(item.case))


def token(protocol: Protocol, item: Item, reader: str) -> str:
    """Return a name of a reader's item that says nothing of the record, for the browser."""
    parts = (protocol.secret, protocol.name, reader, item.arm, str(item.round), item.case)
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]


def place_of(protocol: Protocol, item: Item, reader: str) -> Place:
    """Return the place of an item in the store."""
    return Place(protocol.study(item.arm), item.case, reader)


def read(
    log: ReviewLog,
    protocol: Protocol,
    item: Item,
    reader: str,
    reading: Reading,
    number: int,
    now: datetime | None = None,
) -> Receipt:
    """Record a reading of the reader's turn, and show the advice that comes after the own read.

    A double click and a resent request are one reading.

    Raises
    ------
    ReviewError
        If the study has ended, another item is next, its round has not begun, or the reading with
        this number says something else.
    """
    place = place_of(protocol, item, reader)
    known = progress(log, place)
    if number > len(known.readings):
        _check_turn(log, protocol, item, reader, now)
    blind = item.arm == ALONE or (item.arm == AFTER and number == 1)
    receipt = commit(log, place, replace(reading, blind=blind), number)
    if item.arm == AFTER and number == 1:
        reveal(log, place)
    return receipt


def _check_turn(
    log: ReviewLog, protocol: Protocol, item: Item, reader: str, now: datetime | None
) -> None:
    if ended(log, protocol.name):
        raise ReviewError(f"The study {protocol.name} has ended.")
    if load(log, protocol.name) != protocol:
        raise ReviewError(f"The study {protocol.name} runs by another protocol.")
    turn = steps(log, protocol, reader, now)
    if turn.item != item:
        raise ReviewError("This case is not your next one. Open the study again.")
    if turn.opens is not None:
        raise ReviewError(f"Round {item.round} begins on {turn.opens:%d %B %Y}.")

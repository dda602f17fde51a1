"""Roles, and one function that answers every question of who may do what.

A person may settle no case that the person has read, whatever the roles; readings of others are
hidden from readers, so that each reading stands alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from ecgcore.errors import ReviewError

Role = Literal["reader", "adjudicator", "lead"]
ROLES: tuple[Role, ...] = get_args(Role)
Action = Literal[
    "open case",
    "read",
    "see answers",
    "see reading",
    "see names",
    "settle",
    "assign",
    "name list",
    "export",
    "see progress",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
ALL_STUDIES = "*"
"""Name under which a role holds in every study."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part.

    Attributes
    ----------
    name
        Initials, or the address that the log-in gives.
    roles
        Roles by study; `ALL_STUDIES` for all.
    """

    name: str
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    def has(self, role: Role, study: str) -> bool:
        """Whether the person has a role in a study."""
        return any(role in self.roles.get(one, ()) for one in (study, ALL_STUDIES))

    def takes_part(self, study: str) -> bool:
        """Whether the person has any role in a study."""
        return any(self.has(role, study) for role in ROLES)

    @property
    def words(self) -> str:
        """The roles in words.

        Examples
        --------
        >>> Person("ann", {"s": frozenset({"lead", "reader"})}).words
        'reader, lead in s'
        """
        parts = [
            ", ".join(role for role in ROLES if role in mine)
            + (" in every study" if study == ALL_STUDIES else f" in {study}")
            for study, mine in sorted(self.roles.items())
            if mine
        ]
        return "; ".join(parts) or "No role yet: whoever runs this server names you in its roles."


@dataclass(frozen=True, slots=True)
class Target:
    """What somebody wants to see, write or export.

    Attributes
    ----------
    study
        Name of the study.
    assigned
        Who is to read the case.
    readers
        Who has read it.
    revealed
        Whom the answers were shown.
    in_conflict
        Whether its readers disagree and nobody has settled it.
    owner
        Whose reading it is; "" for those of all.
    mode
        Of the study.
    """

    study: str
    assigned: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    revealed: frozenset[str] = frozenset()
    in_conflict: bool = False
    owner: str = ""
    mode: Literal["blind", "open"] = "blind"


def allowed(person: Person, action: Action, target: Target) -> bool:
    """Say whether a person may do something; a study without a role is closed.

    Examples
    --------
    >>> ann = Person("ann", {"s": frozenset({"reader"})})
    >>> case = Target("s", assigned=frozenset({"ann"}), owner="bob")
    >>> allowed(ann, "read", case), allowed(ann, "see reading", case)
    (True, False)
    """
    lead, mine = person.has("lead", target.study), target.owner == person.name
    reads = person.has("reader", target.study) and person.name in target.assigned
    has_read = person.name in target.readers
    settles = (
        person.has("adjudicator", target.study) and target.in_conflict and not (has_read or reads)
    )
    answers = target.mode == "open" or (has_read and person.name in target.revealed)
    member = person.takes_part(target.study)
    rules: Mapping[Action, bool] = {
        "open case": lead or reads or settles,
        "read": reads,
        "see answers": settles or (reads and answers) or (lead and not reads),
        "see reading": member and (mine or settles or (lead and not (reads and not has_read))),
        "see names": lead,
        "settle": settles,
        "assign": lead,
        "name list": lead,
        "export": lead or (member and mine),
        "see progress": lead or (member and mine),
    }
    return rules[action]


def alone(initials: str) -> Person:
    """Return the one person at a machine without log-in: initials are a name, no proof of it.

    Raises
    ------
    ReviewError
        If they are not 1 to 20 printable characters.
    """
    name = initials.strip()
    if not (0 < len(name) <= 20 and name.isprintable()):
        raise ReviewError("Enter your initials: 1 to 20 characters.")
    return Person(name, {ALL_STUDIES: frozenset(ROLES)})


def read_roles(path: Path) -> dict[str, Person]:
    """Read who has which roles: a TOML table a study, a list of e-mail addresses a role.

    The table `ALL_STUDIES` holds for every study. Large and small letters are the same.

    Raises
    ------
    ReviewError
        If it is no such file; the study and the role are named.
    """
    try:
        studies = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReviewError(f"{path.name} is no TOML file ({error}).") from error
    roles: dict[str, dict[str, frozenset[Role]]] = {}
    for study, lists in studies.items():
        for role, names in _lists(path, study, lists).items():
            for name in map(_address, names):
                mine = roles.setdefault(name, {})
                mine[study] = mine.get(study, frozenset()) | {role}
    return {name: Person(name, mine) for name, mine in roles.items()}


def _address(name: str) -> str:
    return name.strip().casefold()


def _lists(path: Path, study: str, lists: object) -> Mapping[Role, list[str]]:
    fine = isinstance(lists, dict) and all(
        role in ROLES
        and isinstance(names, list)
        and all(isinstance(n, str) and n.strip() for n in names)
        for role, names in lists.items()
    )
    if not fine:
        raise ReviewError(
            f"{path.name}: “{study}” must be a table of {', '.join(ROLES)}, each a list of names."
        )
    return lists  # type: ignore[return-value]

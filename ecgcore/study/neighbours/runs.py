"""Trainings of the study's neighbours, the most valuable first; which and how many seeds."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.models.architectures import (
    BIMAMBA2,
    CNN_BILSTM,
    ENCODERS,
    RESNET_BILSTM,
    RIBEIRO_RESNETS,
    S4D,
    SE_RESNETS,
    Architecture,
    Recipe,
)
from ecgcore.tasks.challenge24 import CHALLENGE24
from ecgcore.tasks.mi_all_comers import MI_ALL_COMERS
from ecgcore.tasks.rhythm6 import RHYTHM6, SUBSETS
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.subclasses import SUBCLASSES
from ecgcore.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Planned:
    """Seeds of one architecture on one training set of a task.

    Attributes
    ----------
    seeds
        From this seed on, and up to but without that one.
    """

    task: Task
    arch: Architecture
    train_set: str
    seeds: tuple[int, int]

    @property
    def recipe(self) -> Recipe:
        """What its trainings change of the defaults."""
        return recipe_of(self.arch, self.task)


def recipe_of(arch: Architecture, task: Task) -> Recipe:
    """Return what trainings of an architecture for a task change of the defaults.

    An architecture that belongs to a task knows better than the task.
    """
    return {**task.recipe, **(arch.recipe if arch.tasks else {})}


_ALONE, _WIDE, _LSTM, _GRU, *_DEEP = ENCODERS
_SMALL, _LEADS, _SIGNAL = SE_RESNETS[:3]
_PLAIN, _ATTENTION = RIBEIRO_RESNETS[:2]

NEIGHBOURS: tuple[Planned, ...] = (
    *(Planned(MI_ALL_COMERS, CNN_BILSTM, name, (0, 1)) for name in MI_ALL_COMERS.train_set_names),
    Planned(STATEMENTS71, RESNET_BILSTM, "all", (0, 2)),
    *(Planned(MI_ALL_COMERS, CNN_BILSTM, name, (1, 3)) for name in MI_ALL_COMERS.train_set_names),
    *(Planned(RHYTHM6, _PLAIN, name, (0, 1)) for name in SUBSETS),
    *(Planned(RHYTHM6, _ATTENTION, name, (0, 1)) for name in SUBSETS),
    *(Planned(CHALLENGE24, one, "all", (0, 1)) for one in (_SMALL, _LEADS, _SIGNAL)),
    *(Planned(SUBCLASSES, one, "all", (0, 1)) for one in (_ALONE, CNN_BILSTM, _LSTM, _GRU)),
    *(Planned(RHYTHM6, _PLAIN, name, (1, 3)) for name in SUBSETS),
    *(Planned(RHYTHM6, _ATTENTION, name, (1, 3)) for name in SUBSETS),
    *(Planned(SUBCLASSES, one, "all", (1, 3)) for one in (_ALONE, CNN_BILSTM, _LSTM, _GRU)),
    Planned(CHALLENGE24, _SMALL, "all", (1, 3)),
    Planned(STATEMENTS71, RESNET_BILSTM, "all", (2, 3)),
    Planned(SUBCLASSES, CNN_BILSTM, "soft", (0, 3)),
    *(Planned(SUBCLASSES, one, "all", (0, 2)) for one in (_WIDE, *_DEEP)),
    Planned(MI_ALL_COMERS, BIMAMBA2, "C+", (0, 3)),
    *(Planned(MI_ALL_COMERS, CNN_BILSTM, name, (3, 5)) for name in MI_ALL_COMERS.train_set_names),
    *(Planned(CHALLENGE24, one, "all", (1, 3)) for one in (_LEADS, _SIGNAL)),
    *(Planned(RHYTHM6, one, "all", (0, 1)) for one in (_PLAIN, _ATTENTION)),
    Planned(STATEMENTS71, RESNET_BILSTM, "all", (3, 5)),
    Planned(STATEMENTS71, S4D, "all", (0, 2)),
)
"""In the order of training: a plan that is stopped early has answered the first questions."""

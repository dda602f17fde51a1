"""The one list of tasks: add a task here, and training, predictions and pages know it."""

from ecgcore.errors import CatalogError
from ecgcore.tasks.challenge24 import CHALLENGE24
from ecgcore.tasks.mi import MI
from ecgcore.tasks.mi_all_comers import MI_ALL_COMERS
from ecgcore.tasks.rhythm6 import RHYTHM6
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.subclasses import SUBCLASSES
from ecgcore.tasks.superclasses import SUPERCLASSES
from ecgcore.tasks.task import Task

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        *(MI, MI_ALL_COMERS, SUPERCLASSES, STATEMENTS71),
        *(SUBCLASSES, CHALLENGE24, RHYTHM6),
    )
}


def task_named(name: str) -> Task:
    """Return the task of this name; CatalogError if there is none.

    >>> task_named("mi").classes
    ('MI',)
    """
    if name not in TASKS:
        raise CatalogError(f"There is no task {name!r}; choose {', '.join(TASKS)}.")
    return TASKS[name]

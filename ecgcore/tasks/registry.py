"""The one list of tasks: add a task here, and training, predictions and pages know it."""

from ecgcore.errors import CatalogError
from ecgcore.tasks.mi import MI
from ecgcore.tasks.superclasses import SUPERCLASSES
from ecgcore.tasks.task import Task

TASKS: dict[str, Task] = {task.name: task for task in (MI, SUPERCLASSES)}


def task_named(name: str) -> Task:
    """Return the task of this name; CatalogError if there is none.

    >>> task_named("mi").classes
    ('MI',)
    """
    if name not in TASKS:
        raise CatalogError(f"There is no task {name!r}; choose {', '.join(TASKS)}.")
    return TASKS[name]

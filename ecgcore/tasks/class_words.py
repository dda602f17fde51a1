"""What the classes of each task mean, for readers."""

from collections.abc import Mapping

from ecgcore.tasks import challenge24
from ecgcore.tasks.rhythm6 import RHYTHM6
from ecgcore.tasks.subclasses import SUBCLASSES
from ecgcore.tasks.superclasses import SUPERCLASSES
from ecgcore.wording.records import SUPERCLASSES as SUPERCLASS_WORDS
from ecgcore.wording.statements import STATEMENTS

_RHYTHM6 = {
    "1dAVb": "first-degree AV block",
    "RBBB": "right bundle branch block",
    "LBBB": "left bundle branch block",
    "SB": "sinus bradycardia",
    "AF": "atrial fibrillation",
    "ST": "sinus tachycardia",
}
_SUBCLASSES = {
    **{name: STATEMENTS[name] for name in SUBCLASSES.classes if name in STATEMENTS},
    "STTC": "non-diagnostic ST-T changes",
    "LAFB/LPFB": "left anterior or posterior fascicular block",
    "ISCA": "ischaemia in anterior leads",
    "ISCI": "ischaemia in inferior leads",
    "_AVB": "AV block",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    challenge24.CHALLENGE24.name: challenge24.WORDS,
    RHYTHM6.name: _RHYTHM6,
    SUBCLASSES.name: _SUBCLASSES,
    SUPERCLASSES.name: SUPERCLASS_WORDS,
}


def meaning(task: str, name: str) -> str:
    """Return what a class of a task means; "" where the name says it.

    Examples
    --------
    >>> meaning("rhythm6", "SB"), meaning("statements71", "AFIB"), meaning("mi", "MI")
    ('sinus bradycardia', 'atrial fibrillation', '')
    """
    return _WORDS.get(task, STATEMENTS).get(name, "")


def class_words(task: str, name: str) -> str:
    """Name a class with what it means, where that is known.

    Examples
    --------
    >>> class_words("rhythm6", "SB")
    'SB: sinus bradycardia'
    """
    return ": ".join(filter(None, [name, meaning(task, name)]))

"""Classes by name and meaning."""

import pytest

from ecgcore.tasks.class_words import class_words, meaning
from ecgcore.tasks.registry import TASKS


def test_the_same_letters_mean_what_they_mean_in_their_task():
    assert class_words("challenge24", "SA") == "SA: sinus arrhythmia"
    assert class_words("rhythm6", "ST") == "ST: sinus tachycardia"
    assert class_words("statements71", "CLBBB") == "CLBBB: complete left bundle branch block"
    assert class_words("mi_all_comers", "MI") == "MI"


@pytest.mark.parametrize("task", ["statements71", "subclasses", "challenge24", "rhythm6"])
def test_every_class_has_a_meaning(task):
    assert all(meaning(task, name) for name in TASKS[task].classes)

"""The networks whose speed is measured."""

from ecgcore.errors import ModelError
from ecgcore.models.architectures import main_archs
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.predictions.ensemble import MAIN_SETS
from ecgcore.settings import Settings


def shipped_models(settings: Settings) -> list[ModelEntry]:
    """List every shipped model; ModelError if there is none."""
    found = [e for e in list_models(settings.pretrained_dir, settings.runs_dir) if e.shipped]
    if not first_seeds(found):
        raise ModelError(
            f"There is no model of seed 0 in {settings.pretrained_dir}. Restore that folder."
        )
    return found


def first_seeds(entries: list[ModelEntry]) -> list[ModelEntry]:
    """Keep seed 0 of our two architectures on A, C and D, six in all; CNN-BiLSTM comes first."""
    return [
        entry
        for entry in entries
        if entry.key.seed == 0
        and entry.key.arch in main_archs()
        and entry.key.train_set in MAIN_SETS
    ]

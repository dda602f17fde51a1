"""What each check is called, how it is read, and from where it speaks for or against a map.

The limits of seed agreement and of the logit's change were fitted on fold 9, with intact and with
destroyed networks (`ecgcore/explain/checks/fit.py`, ``audit --fit``); the others are there for
other faults and are judgement (`docs/explanations.md`). One set holds for all methods.
"""

from collections.abc import Mapping
from dataclasses import replace

from ecgcore.explain.attribution import LARGEST_GAP
from ecgcore.explain.trust import Check, Checks

N_RANDOM = 20
"""Random orders that a map is compared with."""

LIMITS = {
    one.name: one
    for one in (
        Check(
            "seed_agreement",
            "Agreement between seeds",
            "Pearson's r of two halves of the seeds, over 40 ms and all leads: 1 is the same map, "
            "0 is chance.",
            None,
            good=0.84,
            bad=0.53,
        ),
        Check(
            "logit_change",
            "Change of the logit",
            "How far this ECG moves the model's logit from the record that it is compared with; "
            "near 0 there is nothing to explain.",
            None,
            good=0.53,
            bad=0.2,
        ),
        Check(
            "deletion_insertion",
            "Random orders beaten",
            "Hiding and showing the map's strongest parts first moves the logit more than so many "
            f"of {N_RANDOM} random orders; by chance any number.",
            None,
            good=0.9,
            bad=0.5,
            unit=f"of {N_RANDOM}",
        ),
        Check(
            "randomisation",
            "Rank correlation with shuffled weights",
            "Near 0 the map depends on what the network learned; near 1 it shows the ECG alone.",
            None,
            good=0.2,
            bad=0.5,
        ),
        Check(
            "stability",
            "Stability under noise",
            "Pearson's r with the maps of the same ECG under noise of 0.01 mV that leaves the "
            "probability alone.",
            None,
            good=0.8,
            bad=0.5,
        ),
        Check(
            "completeness",
            "Completeness gap",
            "Share of the logit's change that the scores do not add up to.",
            None,
            good=LARGEST_GAP,
            bad=0.1,
            unit="%",
        ),
        Check(
            "method_agreement",
            "Agreement with occlusion",
            "Pearson's r with what hiding each lead, or each beat, does to the logit.",
            None,
        ),
        Check(
            "territory",
            "Strongest territory against chance",
            "Share of the push in the strongest territory, in parts of what a map has there that "
            "is the same everywhere.",
            None,
        ),
    )
}
"""The checks without their values; those without limits decide nothing."""


def badge_of(values: Mapping[str, float]) -> str:
    """Return the badge that values of checks make; a value that is NaN was not found.

    Examples
    --------
    >>> badge_of({"seed_agreement": 0.2, "completeness": 0.001})
    'do not trust'
    """
    known = {name: value for name, value in values.items() if name in LIMITS and value == value}
    return Checks(tuple(replace(LIMITS[name], value=value) for name, value in known.items())).badge

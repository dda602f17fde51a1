"""About the measurements and the signal quality: how they are made and what to make of them."""

import pandas as pd

from ecgcore.signals import quality

MEASURING = """\
All values come from one **median beat** over all twelve leads: R peaks are found in all leads \
together, beats are sorted by shape, and the largest group is averaged by its median; extra beats \
stay out. Recordings at 100 Hz are brought to 500 Hz first. **Onsets and ends are global**: a wave \
begins when it has begun in three leads, and lasts as long as in three.

A value that could not be measured has a reason in its place, never a number. The **confidence** \
falls where a wave fades slowly into the baseline, is small against the noise, rests on few beats \
or lies beyond what hearts do. It is a rule, not a probability.

- **Rate** and **RR spread** from all beats; **QTc** from the median RR after Bazett \
(QT/√RR), Fridericia (QT/∛RR), Framingham (QT + 154 ms · (1 − RR)) and Hodges \
(QT + 1.75 ms · (rate − 60)), RR in seconds.
- **Axes** in the frontal plane from the net areas of I and aVF.
- **Q, R, S, ST and T** of each lead from the level just before QRS; ST at J, J+40, J+60 and \
J+80 ms.

`python3.11 -m ecgcore bench delineation --ludb DIR` compares all of it with the cardiologists' \
marks of LUDB, and with neurokit2. The display filter changes the drawing only; models and \
measurements use the recording as it is."""

QUALITY_INTRO = """\
Found in the unfiltered recording by fixed limits, on the cautious side: a lead without a mark may \
still be imperfect. Two arms, or an arm and a leg, are called **suspected to be swapped** when the \
limb leads fit the chest leads far better with the electrodes exchanged, or when a lead is nearly \
flat as only a right-leg swap makes it; bundle branch block and pacing can look alike."""

GLOSSARY = """\
PTB-XL's reports are mostly German. They are translated offline by a fixed glossary of terms and \
phrases; unknown words stay as they are, and the original is always beside it. \
`python3.11 -m ecgcore bench glossary` prints how many words it covers."""


def quality_table() -> pd.DataFrame:
    """Every kind of problem and its limit."""
    rows = [
        ("flat", f"no change for {quality.FLAT_S:g} s, or within {quality.NEARLY_FLAT_MV:g} mV"),
        ("missing", "one value throughout"),
        ("clipped", f"{quality.RAIL_SAMPLES} samples or more cut off at an extreme value"),
        ("contradiction", f"{quality.CONTRADICTION_MV:g} mV or more from what I and II say"),
        ("noise", f"{1000 * quality.NOISE_MV:g} µV RMS between 20 and 40 Hz, outside QRS"),
        ("baseline", f"wanders by {quality.BASELINE_MV:g} mV, or shifts by {quality.JUMP_MV:g} mV"),
        ("mains", f"50 or 60 Hz of {quality.MAINS_MV:g} mV; cannot be told at 100 Hz"),
    ]
    named = [(quality.KIND_NAMES[kind].capitalize(), limit) for kind, limit in rows]
    return pd.DataFrame(named, columns=["Problem", "From"])

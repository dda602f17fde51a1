"""Parts of the About page: its texts and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgcore.models.cards import ModelCard, ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog
from ecgcore.signals import quality
from ecgcore.tasks import mi as mi_task
from ecgcore.wording.glossary import TERMS
from ecgcore.wording.records import LABEL_GROUPS, LIKELIHOODS, split_words
from pages.shared import caches

COLUMNS = {
    "val_auroc": "Validation",
    "test_certain_auroc": "Test, certain",
    "test_all_auroc": "Test, all",
    "test_uncertain_auroc": "Test, uncertain",
}

COHORT_RULE = """\
A record belongs to the study if a human validated it. **Certain MI**: an infarction statement \
(PTB-XL's class MI, 14 statements, five injury patterns among them) with likelihood 100 %. \
**Uncertain MI**: the strongest infarction statement has a likelihood above 0 and below 100 %. \
**Normal**: NORM at 100 % and no statement of infarction, ST/T change, hypertrophy or conduction \
disturbance at any likelihood. No patient is in two splits."""

ARCHITECTURES = """\
**CNN-BiLSTM**: three convolution blocks, a bidirectional LSTM, pooling over time. \
**BiMamba-2**: a convolution stem and Mamba-2 state-space blocks that read the signal in both \
directions. Each is trained several times on each training set, from another random seed; an \
**ensemble** is the mean of the seeds' logits. **CNN-LSTM (study)** is the published study's \
network, with its own preprocessing and recipe. All see ten seconds of twelve leads at 100 Hz, \
after a 0.5 Hz high-pass and one scaling for each lead that was fitted once, on training set C, \
and is the same for every model but the study's. \
The weights are those of the epoch with the best AUROC on the validation fold."""

LIMITS = """\
- **Not a medical device.** Nothing here may decide about a patient. It is made for research and \
teaching.
- **One task.** The models tell infarction from strictly normal ECGs. They have not learned \
about other disease, and a high probability does not mean that nothing else explains the ECG.
- **Few training runs.** The same recipe from another seed gives another model: in the published \
figures, training on A once more moves its AUROC by 0.0025, more than A and C differ on certain \
MI. Compare gives a verdict only where an interval over patients and seeds excludes zero.
- **Uncertain labels have no truth behind them.** Nobody knows which of the infarctions at 15 % \
were real. A test set with uncertain labels measures agreement with the cardiologists, not with \
the heart; in the published figures the order of the training sets is reversed on it. Both \
readings are shown, no winner is declared.
- **Age differs between the label groups.** The median is 52 years for normal records, 72 and 71 \
for certain and uncertain MI. A model can gain from signs of age in the ECG without seeing an \
infarction.
- **So does other disease.** Two thirds of the MI records also carry statements of ST/T change, \
hypertrophy or conduction disturbance; by the rule no normal record does.
- **One source.** PTB-XL was recorded in one country, with one maker's devices, from 1989 to \
1996. Whether the figures hold elsewhere is unknown.
- **Probabilities depend on the patients.** The share of MI among the study's records is not \
that of a ward. Calibrators (decision settings, top of every page) are fitted on fold 9, \
which has the study's share; Reliability shows how well that holds, and what another share would \
change.
- **Overlays explain the model, not the heart.** Grad-CAM says when, not in which lead; \
Integrated Gradients say both, compared with the mean normal beat."""

MEASURING = """\
All values come from one **median beat** over all twelve leads: R peaks are found in all leads \
together, beats are sorted by shape, and the largest group is averaged by its median; extra beats \
stay out. Recordings at 100 Hz are brought to 500 Hz first. **Onsets and ends are global**: a wave \
begins when it has begun in three leads, and lasts as long as in three. **QRS duration** runs \
between the ends in half of the leads, as recording devices state it; it is some 13 ms shorter \
than the lines at QRS in the median beat.

A value that could not be measured has a reason in its place, never a number. The **confidence** \
in an interval says how many of 100 values like it lie within the tolerance of the CSE working \
party. It falls where a wave fades slowly into the baseline, is small against the noise, rests on \
few beats, may end elsewhere or is physiologically implausible.

- **Rate** and the **standard deviation of RR** from all beats; **QTc** from the median RR after \
Bazett (QT/√RR), Fridericia (QT/∛RR), Framingham (QT + 154 ms · (1 − RR)) and Hodges \
(QT + 1.75 ms · (rate − 60)), RR in seconds.
- **Axes** in the frontal plane from the net areas of I and aVF.
- **Q, R, S, ST and T** of each lead from the level just before QRS; ST at J, J+40, J+60 and \
J+80 ms.

`python3.11 -m ecgcore bench delineation --ludb DIR` compares all of it with the cardiologists' \
marks of LUDB, and with neurokit2. The display filter changes the drawing only; models and \
measurements use the recording as it is."""

QUALITY_INTRO = """\
Found in the unfiltered recording by fixed limits, on the cautious side: a lead without a mark may \
still be imperfect. Electrodes are called **suspected to be swapped** by three small networks \
that read I, II and V1 to V6 (two limbs, V1 and V2, or V1 to V6 in reverse), or when a limb lead \
is as flat as only a swap with the right leg makes it. About 1 of 150 ECGs is suspected wrongly; \
of swapped arms about 1 of 50 is missed, of left arm with left leg 1 of 2. A recording with such a \
suspicion, or with half of its leads unreadable, gets no verdict."""

GLOSSARY = """\
PTB-XL's reports are mostly German. They are translated offline by a fixed glossary of terms and \
phrases; unknown words stay as they are, and the original is always beside it. \
`python3.11 -m ecgcore bench glossary` prints how many words it covers."""

LIKELIHOOD_INTRO = """\
PTB-XL keeps, for each statement, how certain the report was, in per cent. This project reads the \
steps as follows:"""

SETS = """\
| set | records |
|---|---|
| **A** | normal and certain MI |
| **C** | normal, certain and uncertain MI |
| **D** | normal and uncertain MI |
| **D-mix** | normal, and as many MI as in A, half certain and half uncertain, drawn with the seed |
| **C-soft** | those of C, each MI weighted by its likelihood (50 % counts as half an MI) |
| **C-multi** | those of C; beside MI, the network learns which SCP statements a record has |
| **C-consensus** | those of C; where readers settled a conflict, their consensus is the label |

All sets share the same normal records. Validation follows the same rule, so that a model of A \
never meets an uncertain label. The **test sets** *certain*, *all* and *uncertain* hold 971, 1,253 \
and 985 records of PTB-XL's fold 10, with the same 703 normal records."""

INTERVALS = """\
Sensitivity, specificity and accuracy are those at 50 %, where nothing else is said. **Intervals** \
of metrics are 95 % bootstrap intervals over patients; those of bins are Clopper-Pearson \
intervals, which take the records as independent."""

SHORTCUTS = """\
| key | page | does |
|---|---|---|
| P, N | Review | previous and next recording |
| F | Review, Uploaded ECG | shows the ECG without and with its display filter |
| T, V, B | Review, Uploaded ECG | calipers for time, voltage or both; Enter places one |
| arrows | Review, Uploaded ECG | move the active leg, with Shift in larger steps |
| Tab | Review, Uploaded ECG | goes on to the other leg |
| M, S | Review, Uploaded ECG | marches the interval through the page; snaps legs to R peaks |
| Esc | Review, Uploaded ECG | removes the calipers |
| Enter | Review, Browse | opens the record number that was typed |
| Tab, Enter or space | everywhere | moves between controls, uses one |"""

LICENCES = """\
**PTB-XL 1.0.3** is published under the \
[Creative Commons Attribution 4.0 licence](https://creativecommons.org/licenses/by/4.0/). The \
predictions and labels that ship with this project are derived from it. Please cite:

- Wagner P, Strodthoff N, Bousseljot R-D, Samek W, Schaeffter T. PTB-XL, a large publicly \
available electrocardiography dataset (version 1.0.3). PhysioNet, 2022. \
[doi:10.13026/kfzx-aw45](https://doi.org/10.13026/kfzx-aw45)
- Wagner P, Strodthoff N, Bousseljot R-D, Kreiseler D, Lunze FI, Samek W, Schaeffter T. PTB-XL, a \
large publicly available electrocardiography dataset. Scientific Data 7:154, 2020. \
[doi:10.1038/s41597-020-0495-6](https://doi.org/10.1038/s41597-020-0495-6)
- Goldberger AL, Amaral LAN, Glass L, and others. PhysioBank, PhysioToolkit, and PhysioNet. \
Circulation 101(23):e215-e220, 2000.

The **synthetic set** is drawn by this project and holds no patient's data. The question and the \
published figures beside ours come from the study *ECG based MI detection* \
([repository](https://github.com/cepdnaclk/e20-4yp-ECG-Based-MI-Detection)); no code of it is used \
here."""

FETCH = """\
python3.11 -m ecgcore data fetch --set test     # 1,253 records: the test fold of the study
python3.11 -m ecgcore data fetch --set study    # 9,325 records: all that training needs
python3.11 -m ecgcore data fetch --set full     # 21,799 records: everything
python3.11 -m ecgcore data fetch --set test --rate 500    # the same at 500 Hz, for drawing
python3.11 -m ecgcore data build                # one file of all signals, faster to train from
python3.11 -m ecgcore data check                # what is there and what is missing"""


def quality_table() -> pd.DataFrame:
    """Every kind of problem and its limit."""
    rows = [
        ("flat", f"no change for {quality.FLAT_S:g} s, or within {quality.NEARLY_FLAT_MV:g} mV"),
        ("missing", "one value throughout"),
        (
            "clipped",
            f"{quality.RAIL_SAMPLES} samples or more cut off at an extreme value, or several beats "
            "at the same one",
        ),
        (
            "contradiction",
            f"{quality.CONTRADICTION_MV:g} mV or more from what I and II say; not read where its "
            "beats do not resemble that either",
        ),
        (
            "noise",
            f"{1000 * quality.NOISE_MV:g} µV RMS between 20 and 40 Hz outside QRS, or "
            f"{1000 * quality.WHITE_NOISE_MV:g} µV of every frequency",
        ),
        ("baseline", f"wanders by {quality.BASELINE_MV:g} mV, or shifts by {quality.JUMP_MV:g} mV"),
        ("mains", f"50 or 60 Hz of {quality.MAINS_MV:g} mV; cannot be told at 100 Hz"),
    ]
    named = [(quality.KIND_NAMES[kind].capitalize(), limit) for kind, limit in rows]
    return pd.DataFrame(named, columns=["Problem", "From"])


def glossary_table() -> pd.DataFrame:
    """Every word of the pages with its meaning."""
    known = [term for term in TERMS if term.where != "code"]
    return pd.DataFrame(
        {
            "Word": [term.name for term in known],
            "Meaning": [term.meaning for term in known],
            "Where": [term.where for term in known],
        }
    ).sort_values("Word", key=lambda names: names.str.lower())


def likelihood_table() -> pd.DataFrame:
    """Likelihoods and their words."""
    stated = [f"{value} %" for value in LIKELIHOODS]
    return pd.DataFrame({"In PTB-XL": stated, "Shown as": list(LIKELIHOODS.values())})


def data_words(catalog: Catalog) -> str:
    """Say which data set is open and how much of it is on this disk."""
    store = caches.recordings().store
    signals = (
        "signals are read from the WFDB files; `python3.11 -m ecgcore data build` makes them faster"
        if store is None
        else f"{len(store.row_of):,} of them in one memory-mapped store"
    )
    n_missing = caches.n_missing(mi_task.ALL)
    training = (
        "all recordings for training are here"
        if n_missing == 0
        else f"{n_missing:,} recordings for training are not on this disk"
    )
    return (
        f"**{catalog.version}**, {len(catalog.frame):,} records in `{catalog.folder.name}`; "
        f"{signals}; {training}."
    )


def cohort_table(catalog: Catalog) -> pd.DataFrame:
    """Count the label groups in the open data; PTB-XL beside the published study."""
    is_ptbxl = catalog.version == PTBXL_VERSION
    rows = []
    for (split, group), study in label_groups.STUDY_COHORT.items():
        ids = label_groups.member_ids(catalog.frame, split, [group])
        found = (len(ids), label_groups.fingerprint(ids))
        row = {
            "Split": split_words(split),
            "Label group": LABEL_GROUPS[group],
            "Records": f"{found[0]:,}",
            "Fingerprint": found[1],
        }
        if is_ptbxl:
            same = found == study
            row["Published study"] = "the same" if same else f"differs: {study[0]:,}, {study[1]}"
        rows.append(row)
    return pd.DataFrame(rows)


def results_table(groups: Sequence[Ensemble]) -> pd.DataFrame:
    """List what each model was trained on, and its AUROCs over its seeds from their cards."""
    rows = []
    for group in groups:
        cards = [entry.card for entry in group.members]
        first = cards[0]
        rows.append(
            {
                "Model": group.label,
                "Source": "shipped" if group.shipped else "local run",
                "MI trained on": mi_task.TRAIN_SETS[first.key.train_set],
                "Data": first.data_version,
                "Records (MI)": f"{first.n_train:,} ({first.n_train_mi:,})",
                "Seeds": len(cards),
                **{words: _over_seeds(cards, name) for name, words in COLUMNS.items()},
            }
        )
    return pd.DataFrame(rows)


def _over_seeds(cards: Sequence[ModelCard], metric: str) -> str:
    """Mean and standard deviation over the seeds, such as "0.9957 ± 0.0003"."""
    values = [dict(card.metrics).get(metric, np.nan) for card in cards]
    if np.isnan(values).any():
        return "–"
    mean = f"{np.mean(values):.4f}"
    return f"{mean} ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else mean


def provenance_table(entries: Sequence[ModelEntry]) -> pd.DataFrame:
    """Where each model comes from, so that it can be made again."""
    return pd.DataFrame(
        {
            "Model": [entry.key.label for entry in entries],
            "Folder": [f"{entry.folder.parent.name}/{entry.folder.name}" for entry in entries],
            "Parameters": [entry.card.n_parameters for entry in entries],
            "Training records": [entry.card.data_fingerprint for entry in entries],
            "Best epoch": [f"{e.card.best_epoch} of {e.card.epochs_run}" for e in entries],
            "Weights, SHA-256": [entry.card.weights_sha256[:16] for entry in entries],
            "Code": [entry.card.code_version for entry in entries],
            "Made": [entry.card.created[:16].replace("T", " ") + " UTC" for entry in entries],
        }
    )

"""The study's published figures and claims, to stand beside ours, and why the two differ.

Source: github.com/cepdnaclk/e20-4yp-ECG-Based-MI-Detection, its web page and result files.
"""

from dataclasses import asdict, dataclass
from functools import partial

import pandas as pd

from ecgcore.models.architectures import BIMAMBA2_LARGE, CNN_LSTM

_SITE = "the study's web page"
_FILES = "result files in the study's repository, commit 7c07ac2"
_BENCHMARK = "ecg_ptbxl_benchmarking (xresnet1d101)"
_MIX = "Published as D; in the files D is 597 certain + 597 uncertain MI."
_UNCERTAIN = "Called B in the files; this is our D."
_INFERRED = (
    "The file does not state its test set; 1,253 is inferred from its results. AUROC and ECE rank "
    "the training sets in the opposite order to 971."
)
_UNCERTAIN_INFERRED = f"{_UNCERTAIN} {_INFERRED}"
_REFERENCE = "Trained on all 71 PTB-XL statements, not on MI against normal; its best score."


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One published result; None where a figure was not published.

    Attributes
    ----------
    model
        Name as shown.
    arch
        The network in our registry's spelling; "xresnet1d101" is a reference from outside.
    train_set
        In our names: "A", "C", "D" (uncertain MI only), "D-mix" (half certain, half uncertain);
        else in words.
    test_n
        Records of the test set.
    auroc, auprc, accuracy, sensitivity, specificity, ece, brier
        As published, without intervals, from one trained network.
    source, note
        Where it stands, and what to know before comparing.
    """

    model: str
    arch: str
    train_set: str
    test_n: int
    auroc: float
    auprc: float | None = None
    accuracy: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    ece: float | None = None
    brier: float | None = None
    source: str = _FILES
    note: str = ""


_FIGURE_NAMES = ("auroc", "auprc", "accuracy", "sensitivity", "specificity", "ece", "brier")

_cnn = partial(PublishedFigure, "CNN-LSTM", CNN_LSTM.name)
_mamba = partial(PublishedFigure, "BiMamba-2", BIMAMBA2_LARGE.name)
_reference = partial(
    PublishedFigure,
    "xresnet1d101 (reference)",
    "xresnet1d101",
    "all 71 statements",
    source=_BENCHMARK,
    note=_REFERENCE,
)

PUBLISHED = (
    PublishedFigure(
        "CNN-LSTM (headline)",
        CNN_LSTM.name,
        "called A, not our A",
        1137,
        0.9906,
        accuracy=0.9587,
        sensitivity=0.9331,
        specificity=0.9660,
        source=_SITE,
        note="From an older 1,137-record split; it belongs to none of the test sets used here.",
    ),
    _cnn("A", 971, 0.9933, 0.9849, 0.9681, 0.9403, 0.9787, 0.0184, 0.0274),
    _cnn("C", 971, 0.9928, 0.9834, 0.9557, 0.9478, 0.9587, 0.0233, 0.0326),
    _cnn("D", 971, 0.9929, None, 0.9495, 0.9813, 0.9374, 0.0468, 0.0365, note=_UNCERTAIN),
    _cnn("D-mix", 971, 0.9891, 0.9754, 0.9372, 0.9515, 0.9317, 0.0465, 0.0434, note=_MIX),
    _mamba("A", 971, 0.9907, 0.9794, 0.9537, 0.8993, 0.9744, 0.0339, 0.0341),
    _mamba("C", 971, 0.9919, 0.9814, 0.9629, 0.9627, 0.9630, 0.0617, 0.0345),
    _mamba("D", 971, 0.9884, 0.9739, 0.9300, 0.9515, 0.9218, 0.0813, 0.0507, note=_UNCERTAIN),
    _mamba("D-mix", 971, 0.9871, 0.9728, 0.9217, 0.9627, 0.9061, 0.1377, 0.0647, note=_MIX),
    _cnn("A", 1253, 0.9663, 0.9642, ece=0.0806, brier=0.0876, note=_INFERRED),
    _cnn("D", 1253, 0.9755, 0.9727, ece=0.0354, brier=0.0601, note=_UNCERTAIN_INFERRED),
    _cnn("C", 1253, 0.9771, 0.9739, ece=0.0495, brier=0.0618, note=_INFERRED),
    _reference(971, 0.9956),
    _reference(1253, 0.9793),
)
"""Every published figure, the study's first."""

WHY_OURS_DIFFER = """\
**Another "D".** The study's text describes D as the set with uncertain MI only (1,193 MI). In \
its result files that set is called B, and D is a mix of 597 certain and 597 uncertain MI. The \
published "D" figures belong to the mix. Our D is uncertain MI only: compare it with the rows \
marked D here, and the published "D" with D-mix.

**Another test set.** The headline on the study's web page (AUROC 0.9906) comes from an older \
split with 1,137 test records. Figures can be compared only on the same test set: 971 records \
hold certain MI and normal ones, 1,253 hold the uncertain MI as well.

**Other networks.** The published CNN-LSTM reads the signal in one direction (367,169 \
parameters), ours in both (367,009). The published BiMamba-2 has 10.7 million parameters, ours \
about 353 thousand. Preprocessing and training differ too. Where a figure is said to be of the \
study's network trained again, that is the CNN-LSTM rebuilt from its description and trained by \
the study's recipe, with its filter and scaler, three seeds each on A, C and D.

**One seed each.** Every published figure comes from one trained network. Training set A once \
more moves its AUROC by 0.0025; on 971 records A and C differ by 0.0006, and our \
bootstrap of the published predictions puts that difference between −0.0018 and +0.0031 (95 %). \
That gap is no evidence for either.

**The order depends on the test set.** On 971 records the published CNN-LSTM trained on A has \
the highest AUROC and the lowest calibration error (ECE). On the test set with uncertain MI it \
has the lowest AUROC and the highest ECE: AUROC 0.9663 (A), 0.9755 (uncertain only) and 0.9771 \
(C), ECE 0.0806, 0.0354 and 0.0495. The file with these figures does not state its test set; \
that it is the 1,253 records is inferred. Nobody knows the truth of an MI with a likelihood of \
15 %, so neither order is the right one.

**Calibration is mostly an offset.** Scaling and shifting the logits (two numbers) brings the \
ECE of all four published CNN-LSTMs on 971 records to between 0.013 and 0.019. These two numbers \
were fitted on the test set itself, so this is the best case.

**The reference is another task.** xresnet1d101 was trained on all 71 PTB-XL statements."""
"""Plain words, in Markdown, for the reader who sees both columns."""


def published(test_n: int) -> tuple[PublishedFigure, ...]:
    """Return what was published on a test set of `test_n` records; empty where nothing was."""
    return tuple(figure for figure in PUBLISHED if figure.test_n == test_n)


def published_frame(test_n: int) -> pd.DataFrame:
    """Return `published` with one row per figure and one column per field, NaN for None."""
    columns = list(PublishedFigure.__dataclass_fields__)
    frame = pd.DataFrame([asdict(figure) for figure in published(test_n)], columns=columns)
    return frame.astype(dict.fromkeys(_FIGURE_NAMES, float))

"""Sentences and tables of Reliability; every expected text is written by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecgcore.predictions.calibrator_comparison import CalibratorLine
from ecgcore.predictions.ensemble import EnsembleCalibrator
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.calibration import calibrators as fits
from ecgcore.stats.calibration.calibration_line import CalibrationLine
from ecgcore.stats.calibration.curve_pieces import CurvePieces
from ecgcore.stats.decision_curve import CostPer100, decision_curve
from ecgcore.stats.metrics import Estimate
from ecgcore.study.calibration_by_stratum import calibration_by_stratum, outside_interval
from ecgcore.study.strata import Stratum
from pages.reliability import bins, calibrators, decisions, metrics, numbers, overview
from pages.reliability import choice as choices
from pages.reliability.choice import Choice
from pages.shared import evaluation_choice, plots
from tests.support.evaluation import NAN, ensemble, evaluated

A, C = (ensemble("cnn_bilstm", name) for name in "AC")
SINGLE, MAMBA = ensemble("cnn_bilstm", "A", 1), ensemble("bimamba2", "D", 1)
RUN = ensemble("cnn_bilstm", "C", 1, run="mine")
N = "\N{NO-BREAK SPACE}"
LABELS = [1, 1, 0, 0, 0]
PROBS = [0.95, 0.55, 0.55, 0.1, 0.05]
ONE = evaluated(SINGLE, LABELS, PROBS)
THREE = evaluated(A, LABELS, [[0.95, 0.55, 0.55, 0.1, 0.05]] * 2 + [[0.75, 0.35, 0.35, 0.3, 0.25]])


def choice(**other: Any) -> Choice:
    usual = {"data_version": "x", "test_set": "certain", "method": "raw", "n_bins": 10}
    return Choice(**{**usual, "binning": "equal width", "band": "exact", **other})


CORP = {"binning": choices.CORP}


def ece(*gaps: float) -> float:
    return sum(gaps) / 5


# by hand: bins 0.95 | 0.55 twice, one MI | 0.1 | 0.05
GAP = ece(0.05, 2 * 0.05, 0.1, 0.05)


def test_a_choice_knows_how_its_curves_are_cut():
    assert (choice().corp, choice().strategy) == (False, "width")
    assert choice(binning="equal mass").strategy == "mass"
    assert (choice(**CORP).corp, choice(**CORP).strategy) == (True, "width")
    assert choice(method="platt").file_words == "certain_platt"
    assert choice().probabilities == "uncalibrated"
    assert choice(method="venn_abers").probabilities == "Venn-Abers"


def test_the_gap_is_told_of_the_ensemble_and_of_each_seed():
    assert numbers.gap(ONE, choice()) == pytest.approx(GAP)
    assert overview.gap_text(ONE, choice()) == "ECE **0.060**"
    assert overview.seeds_text(ONE, choice()) == "one seed"
    third = ece(0.25, 3 * 0.0, 0.25)  # 0.35, 0.35 and 0.3 share a bin with one MI of three
    found = numbers.seed_gaps(THREE, choice())
    assert found == pytest.approx([GAP, GAP, third])
    # mean (0.06 + 0.06 + 0.10) / 3, SD 0.04 / sqrt(3)
    assert overview.seeds_text(THREE, choice()) == "3 seeds 0.073 ± 0.023"


def test_without_bins_the_gap_is_the_miscalibration():
    # isotonic: 1, then 0.5 twice, then 0 and 0
    brier = (0.05**2 + 0.45**2 + 0.55**2 + 0.1**2 + 0.05**2) / 5
    mcb = brier - 2 * 0.5**2 / 5
    assert numbers.gap(ONE, choice(**CORP)) == pytest.approx(mcb)
    assert overview.gap_text(ONE, choice(**CORP)) == f"MCB **{mcb:.4f}**"
    assert overview.seeds_text(THREE, choice(**CORP)).startswith("3 seeds 0.0")
    assert numbers.seed_gaps(THREE, choice(**CORP))[:2] == pytest.approx([mcb, mcb])
    assert len(overview.seeds_text(THREE, choice(**CORP))) == len("3 seeds 0.0000 ± 0.0000")


def test_seeds_are_drawn_only_where_there_are_several():
    assert numbers.seed_curves(ONE, choice()) == []
    assert numbers.seed_corps(ONE) == []
    assert [curve.ece for curve in numbers.seed_curves(THREE, choice())] == pytest.approx(
        [GAP, GAP, 0.1]
    )
    assert len(numbers.seed_corps(THREE)) == 3


def test_titles_of_cells():
    assert overview.cell_title(ONE, choice()) == (
        "**CNN-BiLSTM A** :small[· ECE **0.060**]  \n:small[one seed · n = 5]"
    )
    assert overview.column_title("A") == ":small[**A**: certain MI only]"


def test_the_answer_gives_the_range_over_ensembles():
    sure = evaluated(MAMBA, LABELS, [0.95, 0.95, 0.05, 0.05, 0.05])
    assert overview.answer([ONE, sure], choice()) == (
        "**How far can these probabilities be trusted?** On average, predicted and observed differ "
        f"by **5.0 to 6.0 percentage points** (ECE, 10 bins of equal width) (n{N}={N}5). "
        "**0 to 60 %** of the records lie between 0.1 and 0.9, where each dot rests on few of them."
    )
    alone = overview.answer([sure], choice(test_set="all"))
    assert "by **5.0 percentage points**" in alone
    assert alone.endswith("few of them. Uncertain MI counts as MI here.")
    corp = overview.answer([ONE], choice(**CORP))
    assert "A calibrator could take **0.0040** off the Brier score (MCB, without bins)" in corp


def test_a_diagram_is_told_to_readers_who_do_not_see_it():
    pieces = numbers.pieces_of(ONE, choice())
    assert overview.curve_alt(ONE, pieces, choice()) == (
        "Reliability of CNN-BiLSTM A on test set certain, ECE 0.060, one seed: predicted 0.05, "
        "observed 0.00 (0 of 1); predicted 0.10, observed 0.00 (0 of 1); predicted 0.55, observed "
        "0.50 (1 of 2); predicted 0.95, observed 1.00 (1 of 1)"
    )


@pytest.mark.parametrize(
    ("more", "words", "not_said"),
    [
        ({}, "Whiskers: 95 % Clopper-Pearson intervals. Bars: records in each bin", "resampled"),
        ({"band": "bootstrap"}, "Band: 95 % of resampled patients. Bars: records", "Whiskers"),
        (CORP, "band: 95 % of resampled patients. Bars: records by probability.", "Whiskers"),
    ],
)
def test_the_reading_says_what_the_band_is(more, words, not_said):
    text = overview.reading([ONE], choice(**more))
    assert words in text
    assert not_said not in text


def test_the_reading_says_whether_there_are_seeds():
    one_seed = "One seed for each ensemble: a difference between A, C and D"
    assert one_seed in overview.reading([ONE, ONE], choice())
    several = overview.reading([ONE, THREE], choice())
    assert one_seed not in several
    assert "thin lines are single seeds, and mean ± SD is over them." in several


def test_the_reading_says_what_was_done_to_the_probabilities():
    assert overview.fitted_words([ONE], choice()) == "Probabilities are uncalibrated."
    nothing = ONE.calibrator
    fitted = EnsembleCalibrator("platt", "certain", 1234, 56, nothing.seeds, nothing.ensemble)
    one = Evaluated.of(SINGLE, ONE.labelled, fitted)
    assert overview.fitted_words([one], choice(method="platt")) == (
        "Probabilities are calibrated (Platt), each ensemble and seed for itself on the study's "
        "1,234 records of fold 9 with all labels (56 of them MI), for every test set and page."
    )


@pytest.mark.parametrize(
    ("n_mi", "words"),
    [
        (56, "at 5 % MI; here 40 % are MI, which alone moves the dots above the diagonal."),
        (494, "few of them."),
        (
            800,
            "fitted at 65 % MI; here 40 % are MI, which alone moves the dots below the diagonal.",
        ),
    ],
)
def test_the_answer_says_what_another_share_of_mi_does(n_mi: int, words: str):
    nothing = ONE.calibrator
    fitted = EnsembleCalibrator("platt", "all", 1234, n_mi, nothing.seeds, nothing.ensemble)
    one = Evaluated.of(SINGLE, ONE.labelled, fitted)
    assert overview.answer([one], choice(method="platt")).endswith(words)
    assert overview.answer([one], choice()).endswith("few of them."), "uncalibrated"


def test_numbers_of_all_curves_stand_in_one_table():
    table = overview.curves_table([ONE, evaluated(MAMBA, LABELS, PROBS)], choice(n_bins=2))
    assert table["model"].tolist() == ["CNN-BiLSTM A"] * 2 + ["BiMamba-2 D"] * 2
    assert table["bin"].tolist() == [1, 2, 1, 2]
    assert table["n"].tolist() == [2, 3, 2, 3]


def test_the_grid_has_a_row_for_each_architecture_and_a_column_for_each_training_set():
    assert numbers.train_sets([MAMBA, C, A]) == ["A", "C", "D"]
    assert numbers.grid([A, C, MAMBA, RUN]) == [
        (A, C, None),
        (None, RUN, None),
        (None, None, MAMBA),
    ]


def piece(**other: Any) -> pd.Series:
    usual = {"left": 0.2, "right": 0.3, "n": 4, "n_mi": 1, "mean_prob": 0.25, "observed": 0.25}
    return pd.Series({**usual, "low": 0.006, "high": 0.806, **other})


def test_a_bin_in_words():
    assert bins._piece_words(piece()) == (
        "**0.2 to 0.3**: 4 records, 1 labelled MI. Predicted 0.250 on average, observed 0.250 "
        "[0.006, 0.806]."
    )
    assert bins._piece_words(piece(n=0, n_mi=0)) == "**0.2 to 0.3**: empty."
    pieces = CurvePieces(pd.DataFrame([piece(n=1234, n_mi=1001), piece(n=0, n_mi=0)]), ())
    assert bins.piece_names(pieces) == [
        "0.2 to 0.3: 1,234.0 records, 1,001.0 MI",
        "0.2 to 0.3: 0.0 records, 0.0 MI",
    ]


def test_the_number_of_bins_in_words():
    def frame(values):
        return pd.DataFrame({"n_bins": [2, 10, 50], "ece": values})

    text = bins._binning_words(
        [ONE, THREE], [frame([0.1, 0.1, 0.11]), frame([0.03, 0.02, 0.09])], choice(), "equal mass"
    )
    assert text.startswith(
        "The calibration error depends on how the bins are cut. CNN-BiLSTM A moves from **0.020** "
        "(10 bins) to **0.090** (50 bins) of equal mass; with the chosen 10 it is 0.020."
    )


def test_local_runs_are_named_beside_their_training_set():
    assert bins._line_name(ONE) == "A"
    assert bins._line_name(evaluated(RUN, LABELS, PROBS)).startswith("C (")
    assert "mine" in bins._line_name(evaluated(RUN, LABELS, PROBS))


def flat(value: float) -> Estimate:
    return Estimate(value, value - 0.01, value + 0.01)


def line(method, ece_value, offset):
    labels, logits = np.array([1, 0] * 10), np.linspace(-1, 1, 20)
    fitted = fits.fit(method, labels, logits)
    on = CalibrationLine(flat(0.9), flat(-0.2), offset)
    return CalibratorLine(fitted, on, flat(0.0251), flat(ece_value), flat(0.1))


@pytest.mark.parametrize(
    ("offset", "direction"),
    [
        (Estimate(0.3, 0.1, 0.5), "Uncalibrated, it predicts MI too rarely."),
        (Estimate(-0.3, -0.5, -0.1), "Uncalibrated, it predicts MI too often."),
        (Estimate(0.1, -0.1, 0.3), "Uncalibrated, it predicts MI about as often as it occurs."),
        (Estimate(0.1, 0.0, 0.3), "Uncalibrated, it predicts MI about as often as it occurs."),
        (Estimate(-0.1, -0.3, 0.0), "Uncalibrated, it predicts MI about as often as it occurs."),
    ],
)
def test_what_a_slope_and_an_offset_take_away(offset, direction):
    lines = [line("raw", 0.04, offset), line("platt", 0.03, flat(0)), line("beta", 0.02, flat(0))]
    assert calibrators.gap_words(ONE, lines) == (
        f"**CNN-BiLSTM A**: {direction} A slope and an offset, two numbers (Platt), take away "
        "**25 %** of its calibration error (ECE 0.040 before, 0.030 after). Smallest: Beta, 0.020."
    )


@pytest.mark.parametrize("after", [0.04, 0.05])
def test_a_slope_and_an_offset_may_not_help(after):
    lines = [line("raw", 0.04, Estimate(1, 0.5, 1.5)), line("platt", after, flat(0))]
    text = calibrators.gap_words(ONE, lines)
    assert f"do not make its calibration error smaller (ECE 0.040 before, {after:.3f}" in text
    assert text.endswith(f"Smallest: {lines[0].label}, 0.040.")


def test_calibrators_stand_in_a_table_with_what_was_fitted():
    names = ("raw", "temperature", "venn_abers")
    table = calibrators.methods_table([line(name, 0.04, flat(0.1)) for name in names])
    assert table["Slope"].tolist() == [f"0.90{N}[0.89,{N}0.91]"] * 3
    assert table["Brier"][0] == f"0.0251{N}[0.0151,{N}0.0351]"
    assert table["ECE"][0] == f"0.040{N}[0.030,{N}0.050]"
    assert table["Fitted"][0] == "nothing"
    assert table["Fitted"][1].startswith("T = ")
    assert table["Fitted"][2] == "two staircases"


def rows(*shares: tuple[float, float, float, float]) -> pd.DataFrame:
    names = ["mean_prob", "observed", "low", "high"]
    table = pd.DataFrame(shares, columns=names)
    return table.assign(label=[f"part {k}" for k in range(len(table))], n=1234)


INSIDE = (0.5, 0.5, 0.4, 0.6)


def test_subgroups_that_are_predicted_wrongly_are_counted_and_the_worst_is_named():
    table = rows(INSIDE, (0.7, 0.5, 0.4, 0.6), (0.1, 0.5, 0.4, 0.6), *[INSIDE] * 37)
    assert calibrators.strata_words(ONE, table) == (
        "**CNN-BiLSTM A**: in **2 of 40** subgroups the mean prediction lies outside the interval "
        "of the observed share (about 2 by chance). Furthest off: part 2, predicted 10 %, observed "
        "50 % of 1,234."
    )
    assert outside_interval(table)["label"].tolist() == ["part 2", "part 1"]
    edges = rows((0.4, 0.5, 0.4, 0.6), (0.6, 0.5, 0.4, 0.6))
    assert calibrators.strata_words(ONE, edges) == (
        "**CNN-BiLSTM A**: in each of 2 subgroups the mean prediction lies within the interval of "
        "the observed share."
    )


def test_each_subgroup_compares_predicted_and_observed():
    strata = [
        Stratum("sex", "a", "female", np.array([100, 102, 103]), 1, True),
        Stratum("device", "b", "x", np.array([100, 102]), 1, True),
        Stratum("likelihood", "c", "15 %", np.array([101, 104]), 1, False),
    ]
    first, second = calibration_by_stratum(ONE, strata).to_dict("records")
    assert (first["kind"], first["heading"], first["label"]) == (
        "likelihood",
        "Likelihood of MI",
        "15 %",
    )
    assert (second["n"], second["n_mi"]) == (3, 1)
    assert second["mean_prob"] == pytest.approx((0.95 + 0.55 + 0.1) / 3)
    assert (second["observed"], second["mean_mi"]) == pytest.approx((1 / 3, 0.95))
    assert second["mean_normal"] == pytest.approx((0.55 + 0.1) / 2)
    assert (second["low"], second["high"]) == pytest.approx((0.0084, 0.9057), abs=1e-4)


def cost(total: Estimate, **other: Any) -> CostPer100:
    usual = {"threshold": 1 / 11, "prevalence": 0.1, "missed_mi": Estimate(1.0, 0.5, 2.0)}
    usual |= {"false_alarms": Estimate(7.25, 5.0, 9.0), "call_all": 90.0, "call_none": 100.0}
    return CostPer100(**{**usual, "total": total, **other})


CURVE = decision_curve(LABELS, PROBS, np.array([0.1, 0.3, 0.7]), n_boot=5)


def worth(total: Estimate, **other: Any) -> decisions.Worth:
    return decisions.Worth(ONE, CURVE, cost(total, **other))


def test_the_dials_in_words():
    assert decisions.cost_words(worth(Estimate(17.25, 12, 25)), 10, 10) == (
        "If a missed MI is as bad as 10 false alarms, call MI from a probability of **9.1 %** on. "
        "Of 100 patients, 10 with MI, CNN-BiLSTM A then finds **9.0 MI** and raises **7.2 false "
        "alarms**: cheaper than calling everybody or nobody (17.2 [12.0, 25.0] against 90, "
        "counted in false alarms)."
    )
    dear = decisions.cost_words(worth(Estimate(80, 70, 90.0), call_none=110.0), 1, 10)
    assert dear.startswith("If a missed MI is as bad as 1 false alarm, call")
    assert (
        "not clearly cheaper than calling everybody or nobody (80.0 [70.0, 90.0] against 90,"
        in dear
    )
    assert "against 20," in decisions.cost_words(worth(Estimate(8, 7, 9), call_none=20.0), 2, 10)


def test_costs_stand_beside_calling_everybody_and_nobody():
    table = decisions.costs_table([worth(Estimate(17.25, 12, 25))])
    assert table.to_dict("records") == [
        {
            "Ensemble": "CNN-BiLSTM A",
            "MI found": f"9.0{N}[8.0,{N}9.5]",
            "MI missed": f"1.0{N}[0.5,{N}2.0]",
            "False alarms": f"7.2{N}[5.0,{N}9.0]",
            "Cost, in false alarms": f"17.2{N}[12.0,{N}25.0]",
        },
        {
            "Ensemble": "Calling everybody",
            "MI found": "10.0",
            "MI missed": "0.0",
            "False alarms": "90.0",
            "Cost, in false alarms": "90.0",
        },
        {
            "Ensemble": "Calling nobody",
            "MI found": "0.0",
            "MI missed": "10.0",
            "False alarms": "0.0",
            "Cost, in false alarms": "100.0",
        },
    ]


def test_net_benefit_says_what_it_rests_on():
    text = decisions.net_benefit_words(ONE, choice(method="platt"))
    assert "The 40 % MI of this test set (n = 5) come from how the study was made" in text
    assert "try Platt" not in text
    assert decisions.net_benefit_words(ONE, choice()).endswith(
        "these are uncalibrated: try Platt in the decision settings at the top."
    )


def test_probabilities_are_moved_from_the_share_of_mi_to_the_chosen_one():
    # odds 1 at a share of 40 % become (0.1 / 0.9) / (0.4 / 0.6) = 1 / 6 at 10 %
    even = evaluated(SINGLE, LABELS, [0.5] * 5)
    assert decisions.moved_probs(even, 0.1) == pytest.approx([1 / 7] * 5)


def test_net_benefit_is_read_at_the_nearest_threshold():
    assert [CURVE.nearest(t) for t in (0.0, 0.22, 0.99)] == [0, 1, 2]


def test_published_figures_stand_in_a_table():
    table = metrics.published_table(971)
    assert table.iloc[0].to_dict() == {
        "Model": "CNN-LSTM",
        "Trained on": "A",
        "AUROC": "0.9933",
        "AUPRC": "0.9849",
        "Accuracy": "0.9681",
        "Sensitivity": "0.9403",
        "Specificity": "0.9787",
        "Brier": "0.0274",
        "ECE": "0.0184",
        "What to know": "",
    }
    assert table["AUPRC"][2] == "–"
    assert metrics.published_table(985).empty
    assert metrics.published_caption(1253).startswith("n = 1,253; without intervals, one trained")


@pytest.mark.parametrize(
    ("test_set", "words"),
    [
        ("certain", "n = 10, 3 MI"),
        ("all", "n = 1,010, 1,003 MI"),
        ("uncertain", "n = 1,007, 1,000 MI"),
    ],
)
def test_test_sets_are_named_with_their_sizes(test_set, words):
    counts = {"pure_normal": 7, "certain_mi": 3, "uncertain_mi": 1000, "other": 99}
    assert evaluation_choice.size_words(test_set, counts) == words
    assert evaluation_choice.size_words(test_set, {}) == "n = 0, 0 MI"


def test_an_estimate_is_never_broken_in_two_lines():
    assert plots.unbroken(Estimate(0.5, 0.25, 0.75), 2) == f"0.50{N}[0.25,{N}0.75]"
    assert plots.unbroken(Estimate(NAN, NAN, NAN)) == f"not{N}defined"


def test_only_some_records_keep_their_probabilities():
    part = THREE.only([104, 100, 999])
    assert part.labelled.ids.tolist() == [100, 104]
    assert part.labels.tolist() == [1, 0]
    assert part.probs.tolist() == [THREE.probs[0], THREE.probs[4]]
    assert part.seed_probs[2] == pytest.approx([0.75, 0.25])
    assert (part.n_seeds, part.patients.tolist()) == (3, [0, 4])

"""Sentences and tables of Compare; every expected text is written by hand."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ecgcore import cli
from ecgcore.errors import ModelError
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.report.web import Section
from ecgcore.stats.comparison.matching import Matched
from ecgcore.stats.comparison.paired_bootstrap import Standing
from ecgcore.stats.comparison.verdicts import rule_words
from ecgcore.stats.confusion import Confusion
from ecgcore.stats.metrics import Estimate
from ecgcore.study.claims import Claim, Gap, Judgement
from ecgcore.study.outside.table import OutsidePart, called_frame
from ecgcore.study.shortcuts import Shortcut, StratumScore
from ecgcore.study.strata import Stratum
from pages.compare import (
    calibrators,
    claims,
    confusion,
    outside,
    overview,
    pairs,
    report,
    shortcuts,
    summary,
)
from pages.compare import choice as choices
from pages.compare.choice import Choice, subgroup_label
from pages.compare.numbers import Field
from tests.support.evaluation import NAN, comparison, ensemble, evaluated

A, C, D, MIX = (ensemble("cnn_bilstm", name) for name in ("A", "C", "D", "D-mix"))
MAMBA_A = ensemble("bimamba2", "A")
RUN = ensemble("cnn_bilstm", "A", 1, run="mine")
SINGLE_A, SINGLE_C = ensemble("cnn_bilstm", "A", 1), ensemble("cnn_bilstm", "C", 1)
WOMEN = Stratum("sex", "sex-female", "female", np.arange(100, 104), 2, True)
MATCHED = Stratum("matched", "matched-age-sex", "12 pairs", np.arange(24), 12, True)
N, M = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


def choice(**other: Any) -> Choice:
    usual = {"data_version": PTBXL_VERSION, "test_set": "certain", "method": "raw"}
    return Choice(**{**usual, "score": "auroc", **other})


def above(first, second, value, low, high):
    return comparison(first, second, Estimate(value, low, high))


CLEAR = above(C, A, 0.02, 0.01, 0.03)
CLEARER = above(A, D, -0.04, -0.06, -0.02)
CLEAREST = above(MIX, A, 0.08, 0.05, 0.09)
UNCLEAR = above(C, D, -0.001, -0.012, 0.01)
ALONE = comparison(A, D, Estimate(-0.04, -0.06, -0.02), p_holm=0.576)
FEW = above(SINGLE_C, SINGLE_A, 0.2, 0.1, 0.3)


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({}, "AUROC"),
        ({"score": "auprc", "method": "platt", "target": 0.9}, "AUPRC"),
        ({"score": "brier"}, "Brier score (uncalibrated probabilities)"),
        ({"score": "ece_width", "method": "platt"}, "ECE (Platt)"),
        (
            {"score": "sensitivity"},
            "Sensitivity at the threshold 0.5 (uncalibrated probabilities)",
        ),
        (
            {"score": "specificity", "target": 0.95, "method": "beta"},
            "Specificity at the threshold for 95 % sensitivity in fold 9 (Beta)",
        ),
    ],
)
def test_the_metric_is_named_with_what_it_depends_on(more, title):
    assert choice(**more).metric_title == title


def test_the_study_stands_first_and_everything_else_can_be_added(monkeypatch):
    rebuilt, multi = ensemble("cnn_lstm", "A"), ensemble("cnn_bilstm", "C-multi")
    known = (A, MAMBA_A, rebuilt, multi, RUN)
    monkeypatch.setattr(choices.caches, "ensembles", lambda: known)
    assert choices.study_ensembles(choices.BOTH) == [A, MAMBA_A]
    assert choices.study_ensembles("BiMamba-2") == [MAMBA_A]
    assert choices.study_ensembles(choices.REBUILT) == [rebuilt]
    assert choices.other_ensembles(PTBXL_VERSION) == [rebuilt, multi, RUN]
    assert choices.other_ensembles("another") == [rebuilt, multi]
    assert choices.architectures() == [
        "CNN-BiLSTM + BiMamba-2",
        "CNN-BiLSTM",
        "BiMamba-2",
        "CNN-LSTM (study)",
    ]


def test_files_and_caches_tell_choices_apart():
    assert choice().file_words == "certain_raw"
    assert choice(part=WOMEN, method="platt").file_words == "certain_sex-female_platt"
    keys = {
        choice(**more).key
        for more in (
            {},
            {"test_set": "all"},
            {"part": WOMEN},
            {"method": "platt"},
            {"score": "brier"},
            {"target": 0.9},
            {"data_version": "other"},
        )
    }
    assert len(keys) == 7


def test_a_subgroup_is_named_with_kind_and_size():
    assert subgroup_label(WOMEN) == "Sex: female (n = 4, 2 MI)"
    assert subgroup_label(MATCHED) == "Age and sex matched: 12 pairs (n = 24, 12 MI)"


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(-0.0123, -0.02, 0.0046), f"{M}0.0123{N}[{M}0.0200,{N}+0.0046]"),
        (Estimate(0.5, NAN, NAN), "+0.5000"),
    ],
)
def test_a_difference_has_its_sign_and_is_never_broken(estimate, text):
    assert summary.short(estimate) == text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, f"certain MI against normal (n{N}= 1,253, 550 MI)"),
        (
            {"test_set": "uncertain", "part": WOMEN},
            f"uncertain MI against normal; Sex: female (n{N}= 1,253, 550 MI)",
        ),
    ],
)
def test_the_records_are_named_with_their_size(more, words):
    assert summary.records_words(choice(**more), 1253, 550) == words


SCOPE = f"{rule_words(12)} "
UNCERTAIN = "Uncertain MI counts as MI here: nobody knows its truth."
SHIFT = "A subgroup has another share of MI than fold 9, which shifts calibration. "


@pytest.mark.parametrize(
    ("more", "added"),
    [
        ({}, ""),
        ({"method": "beta", "test_set": "all"}, f"Calibrated on fold 9. {UNCERTAIN}"),
        ({"part": WOMEN, "score": "brier", "test_set": "uncertain"}, SHIFT + UNCERTAIN),
        ({"part": WOMEN}, ""),
        ({"score": "brier"}, ""),
    ],
)
def test_the_scope_says_what_holds_for_this_choice_only(more, added):
    assert summary.scope_words(choice(**more), 12) == SCOPE + added


def told(comparisons, ensembles=(A, C, D, MIX), **more):
    lines = summary.answer(choice(**more), ensembles, comparisons, 971, 268).split("\n")
    assert lines[0] == (
        f"**Which training set is better, by {choice(**more).metric_title}?** On certain MI "
        f"against normal (n{N}= 971, 268 MI):"
    )
    return lines[1:]


def test_the_clearest_pairs_are_told_and_the_rest_is_counted():
    assert told([CLEAR, UNCLEAR, CLEARER]) == [
        f"- **CNN-BiLSTM**: **D** is better than **A** by 0.040{N}[0.020,{N}0.060]; **C** is "
        f"better than **A** by 0.020{N}[0.010,{N}0.030]; no clear difference in 1 of 3 pairs."
    ]
    assert told([CLEAR, CLEARER, CLEAREST])[0].endswith(
        f"**D** is better than **A** by 0.040{N}[0.020,{N}0.060]; 1 more such pair, see Pairs."
    )
    fourth = above(C, D, 0.005, 0.0009, 0.01)
    assert told([CLEAR, CLEARER, CLEAREST, fourth])[0].endswith("; 2 more such pairs, see Pairs.")
    assert told([fourth]) == [
        f"- **CNN-BiLSTM**: **C** is better than **D** by 0.0050{N}[0.0009,{N}0.0100]."
    ]


def test_what_holds_in_one_pair_alone_comes_last_and_says_so():
    assert told([ALONE, CLEAR]) == [
        f"- **CNN-BiLSTM**: **C** is better than **A** by 0.020{N}[0.010,{N}0.030]; **D** is "
        f"better than **A** in this pair alone by 0.040{N}[0.020,{N}0.060]."
    ]
    assert summary.summary(choice(), [ALONE]) == "D better than A in this pair alone"


def test_of_an_error_the_lower_one_is_better():
    assert told([CLEAR], score="brier") == [
        f"- **CNN-BiLSTM**: **A** is better than **C** by 0.020{N}[0.010,{N}0.030]."
    ]


def test_nothing_clear_tells_the_largest_difference():
    other = above(C, A, 0.0001, -0.01, 0.01)
    assert told([other, UNCLEAR]) == [
        "- **CNN-BiLSTM**: none of the 2 pairs differs clearly (largest "
        f"difference: C to D {M}0.0010{N}[{M}0.0120,{N}+0.0100])."
    ]


NO_VERDICT = (
    "- **CNN-BiLSTM**: no verdict: one trained network on each training set is no evidence for a "
    "difference."
)


def test_no_verdict_only_where_every_pair_lacks_seeds():
    assert told([FEW], (SINGLE_A, SINGLE_C)) == [NO_VERDICT]
    assert told([FEW, CLEAR])[0].startswith("- **CNN-BiLSTM**: **C** is better than **A** by 0.020")
    assert told([]) == ["- there is one ensemble only, so nothing to compare."]


def test_architectures_are_told_apart():
    across = comparison(A, MAMBA_A, Estimate(0.5, 0.4, 0.6))
    assert told([across], (A, MAMBA_A)) == ["- there is one ensemble only, so nothing to compare."]
    assert summary.by_arch((A, C, MAMBA_A), [across, CLEAR]) == {"cnn_bilstm": [CLEAR]}


@pytest.mark.parametrize(
    ("comparisons", "more", "text"),
    [
        ([CLEAR, UNCLEAR, CLEARER], {}, "C better than A, D better than A"),
        ([CLEAR], {"score": "ece_width"}, "A better than C"),
        ([UNCLEAR], {}, "no clear difference"),
        ([FEW], {}, "no verdict (too few seeds)"),
        ([FEW, CLEAR], {}, "C better than A"),
    ],
)
def test_pairs_that_differ_are_listed(comparisons, more, text):
    assert summary.summary(choice(**more), comparisons) == text


@pytest.mark.parametrize(
    ("one", "more", "words"),
    [
        (CLEAR, {}, "set C is better"),
        (CLEAR, {"score": "log_loss"}, "set A is better"),
        (CLEARER, {}, "set D is better"),
        (ALONE, {}, "set D is better in this pair alone"),
        (UNCLEAR, {}, "no clear difference"),
        (FEW, {}, "no verdict: too few seeds"),
        (
            comparison(C, A, Estimate(0.02, 0.01, 0.03), seeds=Estimate(0.02, -0.1, 0.2)),
            {},
            "no clear difference: the seeds vary as much",
        ),
    ],
)
def test_a_verdict_names_the_better_side(one, more, words):
    names = {x.name: f"set {x.train_set}" for x in (A, C, D)}
    assert summary.said(choice(**more), one, names) == words


LABELS = [1, 1, 0, 0]
PROBS = [[0.9, 0.4, 0.6, 0.1], [0.9, 0.8, 0.3, 0.1], [0.9, 0.8, 0.3, 0.1]]


def shown(*ensembles, **more):
    return Field(
        choice(**more), tuple(evaluated(one, LABELS, [0.9, 0.4, 0.6, 0.1]) for one in ensembles)
    )


def test_a_field_counts_its_records_and_keeps_some_ensembles():
    field = shown(A, C, RUN)
    assert (field.n, field.n_mi) == (4, 2)
    assert field.only([RUN, A]).ensembles == (A, RUN)
    assert field.key != field.only([A]).key
    assert [one.name for one in field.contenders()] == ["cnn_bilstm-A", "cnn_bilstm-C", RUN.name]


def test_contenders_are_probabilities_unless_the_metric_needs_calls(monkeypatch):
    from pages.compare import numbers

    at_seeds = np.array([0.5, 0.4, 0.95])[:, None]
    rule = SimpleNamespace(
        seed_calls=lambda logits: expit(logits) >= at_seeds,
        calls=lambda logits: expit(logits.mean(axis=0)) >= 0.35,
    )
    monkeypatch.setattr(numbers, "decision_rule", lambda *_: rule)
    one = evaluated(A, LABELS, PROBS)
    (same,) = Field(choice(target=0.9), (one,)).contenders()
    assert np.array_equal(same.seed_probs, one.seed_probs)
    (calls,) = Field(choice(score="specificity", target=0.9), (one,)).contenders()
    assert calls.seed_probs.tolist() == [[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    assert calls.ensemble_probs.tolist() == [1, 1, 1, 0]


def test_pairs_stay_within_an_architecture_or_a_training_set_and_are_corrected(monkeypatch):
    from pages.compare import numbers

    other = ensemble("bimamba2", "C")
    across = [comparison(A, MAMBA_A, Estimate(0.1, 0, 1)), comparison(A, other, Estimate(0, 0, 0))]
    monkeypatch.setattr(numbers.cache, "comparisons", lambda *_: (*across, CLEAR))
    listed = shown(A, C, MAMBA_A, other).comparisons()
    assert [(c.first, c.second) for c in listed] == [(C.name, A.name), (A.name, MAMBA_A.name)]
    assert [c.p_holm for c in listed] == [0.04, 0.04]  # twice 0.02
    assert summary.among([A, C], listed) == [listed[0]]


def test_pairs_stand_in_a_table_of_words():
    across = comparison(A, MAMBA_A, Estimate(-0.03, -0.04, -0.02), p_holm=0.576)
    table = pairs.pairs_table(shown(A, C, MAMBA_A), [CLEAR, across], choice())
    assert table.to_dict("list") == {
        "Networks": ["CNN-BiLSTM", "CNN-BiLSTM + BiMamba-2, trained on A"],
        "Difference": [f"C {M} A", f"CNN-BiLSTM {M} BiMamba-2"],
        "AUROC, mean over seeds [95 %]": [
            f"+0.0200{N}[+0.0100,{N}+0.0300]",
            f"{M}0.0300{N}[{M}0.0400,{N}{M}0.0200]",
        ],
        "Seed pairs with the first higher": ["6 of 9", "6 of 9"],
        "p (Holm)": ["0.030", "0.576"],
        "Verdict": ["C is better", "BiMamba-2 is better in this pair alone"],
    }


@pytest.mark.parametrize(
    ("p", "text"), [(NAN, "not defined"), (0.0009, "< 0.001"), (0.001, "0.001")]
)
def test_p_values_as_text(p, text):
    assert pairs._p_text(p) == text


def test_the_caption_of_pairs_says_how_many_are_corrected_for():
    assert pairs.caption([CLEAR, FEW]) == (
        "Intervals and p from 2,000 paired bootstrap samples of patients and seeds; p corrected "
        "for the 2 pairs of this table (Holm)."
    )


def test_delong_is_for_auroc_with_records_of_both_classes():
    assert pairs._delong(shown(A, C, score="brier")) is None
    assert pairs._delong(shown(A, C)).aurocs.tolist() == [0.75, 0.75]
    one_class = tuple(evaluated(x, [1, 1], [0.5, 0.6]) for x in (A, C))
    assert pairs._delong(Field(choice(), one_class)) is None


def test_the_confusion_matrix_in_words():
    matrix = Confusion(np.arange(3), np.arange(1), np.arange(2), np.arange(8))
    rule = SimpleNamespace(ensemble=C, shown_threshold=0.25)
    assert confusion.words(rule, matrix, choice(target=0.9)).startswith(
        "**CNN-BiLSTM C**, MI from **0.250** on (threshold for 90 % sensitivity in fold 9). "
        "Sensitivity 3 of 4, 0.750 ["
    )
    assert "specificity 8 of 10, 0.800 [" in confusion.words(rule, matrix, choice())
    assert "(threshold 0.5)" in confusion.words(rule, matrix, choice())


@pytest.mark.parametrize(
    ("asked", "cell"), [({}, "fn"), ({"cell": "tp"}, "tp"), ({"cell": "x"}, "fn")]
)
def test_the_missed_mi_are_shown_at_first(monkeypatch, asked, cell):
    monkeypatch.setattr(confusion.st, "query_params", asked)
    assert confusion.chosen_cell() == cell


def test_calibration_is_measured_on_the_shown_records():
    found = calibrators.measures(evaluated(SINGLE_A, [1, 0, 1, 0] * 5, [0.8, 0.3, 0.6, 0.4] * 5))
    assert found["brier"] == pytest.approx((0.2**2 + 0.3**2 + 0.4**2 + 0.4**2) / 4)
    assert found["ece"] == pytest.approx((0.2 + 0.3 + 0.4 + 0.4) / 4)
    assert set(found) == {"brier", "ece", "slope", "intercept", "large"}


def test_what_a_calibrator_does_in_words():
    table = pd.DataFrame({"ece": [0.010, 0.002, 0.040, 0.005]})
    assert calibrators.words(table, "platt") == (
        "Platt, fitted on fold 9 by this test set's rule, moves the ECE of these 2 ensembles from "
        "**0.010 to 0.040** (uncalibrated) to **0.002 to 0.005**; the gap between highest "
        "and lowest goes from 0.030 to 0.003."
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"method": "beta"}, ""),
        (
            {"method": "beta", "part": WOMEN},
            " A subgroup: the calibrator is still that of the whole test set.",
        ),
        (
            {"part": WOMEN},
            " The page shows uncalibrated probabilities; Platt stands here as the example. The "
            "decision settings at the top hold others.",
        ),
    ],
)
def test_the_shown_calibrator_is_explained(more, words):
    assert calibrators._why_this_method(choice(**more)) == words


def test_ensembles_have_short_names_beside_their_architecture():
    assert overview.row_name(MIX) == "D-mix half and half"
    assert overview.row_name(RUN) == "A certain, local run mine"
    assert calibrators._names(RUN)["name"].startswith("CNN-BiLSTM A (")
    assert calibrators._names(A) == {
        "name": "CNN-BiLSTM A",
        "label": "CNN-BiLSTM A",
        "train_set": "A",
    }


@pytest.mark.parametrize(
    ("one", "more", "n", "values"),
    [
        (A, {}, 971, (0.9933,)),
        (A, {}, 1253, (0.9663,)),
        (MAMBA_A, {"score": "ece_width"}, 971, (0.0339,)),
        (A, {"score": "log_loss"}, 971, ()),
        (A, {"score": "sensitivity"}, 971, (0.9403,)),
        (A, {"score": "sensitivity", "target": 0.9}, 971, ()),
        (A, {"target": 0.9}, 971, (0.9933,)),
        (A, {"method": "platt"}, 971, (0.9933,)),
        (A, {"method": "platt", "score": "brier"}, 971, ()),
        (A, {"score": "specificity"}, 1253, ()),
        (A, {"part": WOMEN}, 971, ()),
        (A, {"data_version": "synthetic"}, 971, ()),
        (RUN, {}, 971, ()),
        (A, {}, 985, ()),
    ],
)
def test_only_comparable_published_figures_stand_beside_ours(one, more, n, values):
    assert overview.published_values(one, choice(**more), n) == values


def test_rows_of_seeds_hold_the_ensemble_only_where_there_are_several():
    def standing(name, seeds):
        return Standing(
            name, "auroc", np.array(seeds), Estimate(0.9, 0.8, 1.0), 0.1, Estimate(0.97, 0.9, 1)
        )

    found = {A.name: standing(A.name, [0.8, 0.9, 1.0]), RUN.name: standing(RUN.name, [0.7])}
    first, second = overview.seed_rows(shown(A, RUN), found, choice())
    assert (first.arch, first.train_set, first.name) == ("CNN-BiLSTM", "A", "A certain")
    assert (first.seeds, first.ensemble, second.ensemble) == ((0.8, 0.9, 1.0), 0.97, None)


PARTS = [
    Stratum("sex", f"sex-{k}", f"kind {k}, more words", np.arange(4), 2, True) for k in range(8)
]


def test_the_ranking_runs_over_test_sets_or_over_subgroups_of_one_kind(monkeypatch):
    monkeypatch.setattr(overview.cache, "strata", lambda *_: [*PARTS, MATCHED])
    assert [(name, c.test_set) for name, c in overview.places(choice())] == [
        ("certain", "certain"),
        ("all", "all"),
        ("uncertain", "uncertain"),
    ]
    found = overview.places(choice(part=PARTS[7]))
    names = ["whole set", "kind 0", "kind 1", "kind 2", "kind 3", "kind 4", "kind 7"]
    assert [name for name, _ in found] == names
    assert [c.part for _, c in found] == [None, *PARTS[:5], PARTS[7]]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Stratum("likelihood", "x", "15 %, doubtful", np.arange(2), 1, False), "15 %"),
        (Stratum("territory", "x", "anterior territory named", np.arange(2), 1, False), "anterior"),
        (Stratum("comorbidity", "x", "MI with Hypertrophy", np.arange(2), 1, False), "Hypertrophy"),
        (MATCHED, "matched"),
    ],
)
def test_ticks_name_subgroups_shortly(part, name):
    assert overview.tick_name(part) == name


def test_ticks_are_short_where_there_are_many():
    field = shown(A)
    assert overview.ticks([("whole set", field)]) == ["whole set<br>n = 4"]
    four = [("uncertain electrodes", field)] + [("b", field)] * 3
    assert overview.ticks(four)[0] == "uncertain<br>electrodes<br>4"
    assert overview.ticks(four[:1]) == ["uncertain<br>electrodes<br>n = 4"]


def test_the_ranking_in_words(monkeypatch):
    monkeypatch.setattr(Field, "comparisons", lambda _: (CLEAR, CLEARER))
    field = shown(A, C, D)
    assert overview.ranking_words([("certain", field)], choice()) == (
        "**Which pairs differ, on each test set:**\n"
        "- **certain** (n = 4): CNN-BiLSTM: C better than A, D better than A"
    )
    assert "differ, Sex:**" in overview.ranking_words([("x", field)], choice(part=WOMEN))
    none = overview.ranking_words([("x", shown(SINGLE_A, SINGLE_C))], choice())
    assert none.startswith("**No verdict on any of these sets")
    assert none.endswith("it takes at least 3 seeds of each ensemble.")
    monkeypatch.setattr(Field, "comparisons", lambda _: ())
    assert overview.ranking_words([("x", shown(A))], choice()).endswith("nothing to compare")


ORDER = Claim(
    "A above C.", "certain", "auroc", ((("cnn_bilstm", "A"), ("cnn_bilstm", "C")),), "So."
)
ACROSS = Claim("CNN below.", "certain", "ece_width", ((("cnn_bilstm", "A"), ("bimamba2", "A")),))
GONE = Claim("Headline.", "", "auroc")


def test_claims_stand_beside_our_answers():
    gap = Gap(*ORDER.steps[0], Estimate(-0.002, -0.01, 0.003), False)
    other = Gap(*ACROSS.steps[0], Estimate(0.01, 0.005, 0.02), True)
    judged = [
        Judgement(ORDER, "not shown", (gap,)),
        Judgement(ACROSS, "agrees", (other,)),
        Judgement(GONE, "cannot be judged", ()),
    ]
    assert claims.claims_table(judged).to_dict("list") == {
        "Published claim": ["A above C. So.", "CNN below.", "Headline."],
        "Published": ["A 0.9933, C 0.9928", "CNN-BiLSTM A 0.0184, BiMamba-2 A 0.0339", ""],
        "Records": ["certain", "certain", "1,137 others"],
        "Verdict": [
            ":gray-badge[not shown]",
            ":green-badge[agrees]",
            ":gray-badge[cannot be judged]",
        ],
        "Advantage of the claimed side [95 %]": [
            f"A to C {M}0.0020{N}[{M}0.0100,{N}+0.0030]",
            f"A: CNN-BiLSTM to BiMamba-2 +0.0100{N}[+0.0050,{N}+0.0200]",
            "no network of ours on these records",
        ],
    }
    frame = claims.gaps_frame(judged)
    assert frame["Published, better side"].tolist() == [0.9933, 0.0184]
    assert frame["Published, other side"].tolist() == [0.9928, 0.0339]
    assert frame[["Ours, advantage", "95 % from", "95 % to"]].iloc[0].tolist() == [
        -0.002,
        -0.01,
        0.003,
    ]
    assert claims.verdicts([judged[0], judged[2], judged[0]]) == (
        "**2** not shown, **1** cannot be judged"
    )


def test_a_claim_is_compared_in_its_own_direction(monkeypatch):
    asked = []

    def fields(_, on):
        asked.append(on)
        return shown(A, C, score=on.score), {}

    monkeypatch.setattr(claims, "field", fields)
    monkeypatch.setattr(Field, "comparisons", lambda _: (above(A, C, 0.02, 0.01, 0.03),))
    turned = replace(ORDER, steps=((ORDER.steps[0][1], ORDER.steps[0][0]),))
    missing = replace(ORDER, steps=((("cnn_bilstm", "A"), ("cnn_bilstm", "D")),))
    one, other, none, gone = claims.judgements([ORDER, turned, missing, GONE], [A, C])
    assert (one.verdict, one.gaps[0].advantage.value) == ("agrees", 0.02)
    assert (other.gaps[0].better, none.verdict, gone.verdict) == (
        ("cnn_bilstm", "C"),
        "cannot be judged",
        "cannot be judged",
    )
    assert {(on.test_set, on.method, on.score) for on in asked} == {("certain", "raw", "auroc")}


ESTIMATE = Estimate(0.7, 0.6, 0.8)
AGE = Shortcut("age", ("age",), Estimate(0.7, 0.65, 0.75), 100, 50)
ALL = Shortcut("all of these", ("age", "sex"), Estimate(0.8, 0.75, 0.85), 100, 50)
SEX = Shortcut("sex", ("sex",), Estimate(0.9, 0.85, 0.95), 100, 50)


def score(stratum, n=24, n_mi=12):
    return StratumScore(
        stratum, n, n_mi, Estimate(0.77, 0.7, 0.8), ESTIMATE, ESTIMATE, 0.5, 0.5, 0.2, ESTIMATE
    )


def test_shortcuts_in_words():
    pairs_12 = Matched(np.arange(12), np.arange(12), np.zeros(12), 20, 30, pd.DataFrame())
    text = shortcuts.words(C, [AGE, ALL], [score(WOMEN), score(MATCHED)], pairs_12)
    assert (
        "age alone tells MI from normal with AUROC 0.700 [0.650, 0.750], age, sex, device and "
        "notes together with 0.800 [0.750, 0.850]." in text
    )
    assert "Among 12 pairs of MI and normal of the same sex and age, CNN-BiLSTM C has" in text
    assert "AUROC **0.770 [0.700, 0.800]**" in text
    alone = shortcuts.words(C, [AGE, SEX], [score(WOMEN)], pairs_12)
    assert "sex with 0.900 [0.850, 0.950]" in alone
    assert "Among" not in alone
    assert "Among" not in shortcuts.words(C, [AGE], [score(MATCHED)], None)


def test_subgroups_are_named_with_their_records():
    assert shortcuts._short(score(WOMEN, 30, 12)) == "female (12 MI, 18 normal)"
    assert shortcuts._short(score(MATCHED)) == "age and sex matched (12 pairs)"


OTHERS = OutsidePart((), "without the NORM statement", np.arange(10), 9)
BLOCKS = OutsidePart(("CLBBB", "CRBBB"), "complete bundle branch block", np.arange(4), 4)
EVERY = OutsidePart((), "all outside the study", np.arange(12), 11)


def outside_frame():
    said = {"A": pd.Series(np.arange(12) < 6), "C": pd.Series(np.arange(12) < 8)}
    return called_frame([EVERY, OTHERS, BLOCKS], said)


def test_what_is_called_mi_outside_the_study_in_words_and_tables():
    frame = outside_frame()
    told = outside.words(frame, OTHERS, 268)
    assert (
        "Of fold 10's 10 records with neither an MI nor the NORM statement they call 60 to 80 % MI "
        "(uncalibrated, from 0.5), of 4 complete bundle branch blocks 100 %. AUROC: the 268 certain"
    ) in told
    assert outside.by_share(frame) == [0, 2]
    table = outside.statements_table(frame)
    assert table["Statement"].tolist()[2] == "CLBBB or CRBBB: complete bundle branch block"
    assert table["n"].tolist() == [12, 10, 4]
    assert table["A"].tolist()[2] == f"100{N}%{N}[51,{N}100]"
    auroc = (Estimate(0.75, 0.7, 0.8),) * 2
    found = outside.OutsideCalls((EVERY, OTHERS, BLOCKS), {}, frame, frame, OTHERS, auroc)
    same = outside.summary_table(found, choice())
    assert list(same) == [
        *("Ensemble", "Called MI, from 0.5 (uncalibrated)", "AUROC, certain MI against these")
    ]
    other = outside.summary_table(found, choice(method="platt", target=0.9))
    assert list(other)[1] == "Called MI, from the threshold for 90 % sensitivity in fold 9 (Platt)"
    assert outside.caption(found, [RUN]).endswith(
        "Without predictions of these records: CNN-BiLSTM A (local run mine)."
    )


def test_the_report_names_its_settings_and_its_command():
    told = dict(report.settings(shown(A, RUN), choice(part=WOMEN, score="brier", method="platt")))
    assert told["Test set"] == "certain: n = 4, 2 MI (fold 10)"
    assert (told["Subgroup"], told["Metric"], told["Probabilities"]) == (
        *("female", "Brier score", "Platt"),
    )
    assert told["CNN-BiLSTM A"].endswith("(PTB-XL 1.0.3, 3 seeds)")
    assert told["Made by"].startswith("ECG trust review ")
    assert report.command(choice(score="ece_width", method="beta")) == (
        "python3.11 -m ecgcore compare --test-set certain --calibration beta --metric ece_width"
    )
    for score in choices.METRICS.values():
        made = report.command(choice(score=score, method="venn_abers", test_set="uncertain"))
        cli.parser().parse_args(made.split()[3:])


def test_a_section_of_the_report_that_fails_says_why(monkeypatch):
    def fails(*_):
        raise ModelError("fold 9 is not at hand")

    monkeypatch.setattr(report, "_first", lambda *_: Section("By AUROC", ()))
    monkeypatch.setattr(Field, "comparisons", lambda _: (CLEAR,))
    for name in ("_calibrators", "_claims", "_confusion", "_shortcuts", "_outside"):
        monkeypatch.setattr(report, name, fails)
    written = list(report.sections(shown(A, C), [], choice()))
    assert [one.title for one in written] == [
        *("By AUROC", "Pairs", "Calibrators", "Published claims", "Confusion matrix"),
        *("Shortcuts", "Outside the study"),
    ]
    assert written[1].blocks[0].frame["Verdict"].tolist() == ["C is better"]
    assert {one.blocks[0].text for one in written[2:]} == {"fold 9 is not at hand"}


def test_the_mark_of_an_ensemble_needs_two_seeds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(overview, "row_name", lambda one: one.name)
    monkeypatch.setattr(overview, "published_values", lambda *_: ())
    ensembles = [
        SimpleNamespace(name=name, arch="cnn_bilstm", train_set="A", seeds=range(n))
        for name, n in (("one", 1), ("two", 2))
    ]
    value = SimpleNamespace(seeds=[0.9], mean=None, ensemble=SimpleNamespace(value=0.95))
    shown = SimpleNamespace(ensembles=ensembles, n=5)
    rows = overview.seed_rows(shown, {"one": value, "two": value}, None)
    assert [row.ensemble for row in rows] == [None, 0.95]
    assert [row.seeds for row in rows] == [(0.9,), (0.9,)]


def test_perfect_values_of_a_calibrator_are_no_error_slope_one_and_no_offset():
    perfect = {name: value for name, (_title, value) in calibrators.MEASURES.items()}
    assert perfect == {"brier": 0, "ece": 0, "slope": 1, "large": 0}


@pytest.mark.parametrize(
    ("parts", "logits"), [((), {"A": 1}), ((EVERY,), {}), ((), {})], ids=["parts", "logits", "both"]
)
def test_without_records_or_predictions_outside_the_study_the_table_says_so(
    parts, logits, monkeypatch: pytest.MonkeyPatch
):
    catalog = SimpleNamespace(version=choice().data_version)
    monkeypatch.setattr(outside.caches, "catalog", lambda: catalog)
    monkeypatch.setattr(outside, "outside_parts", lambda _: parts)
    monkeypatch.setattr(outside, "stored_logits", lambda *_: logits)
    assert isinstance(outside.outside_calls([], choice()), str)

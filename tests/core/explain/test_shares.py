"""Shares and words of maps whose sums are known."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.explain.shares import BETWEEN, shares_of, strongest_leads, where_words
from ecgcore.leads import LEADS
from ecgcore.signals.beat_timing import Timing
from tests.support.predictions import attribution

TIMING = Timing(np.array([1.0, 2.0, 3.0, 9.0]), -0.04, 0.04, 0.36, -0.2, 0.24)
EVEN = np.ones((12, 1000), np.float32)


def of_leads(shares, where=slice(None), other=0.0):
    """A map in which each named lead holds a share, spread over some samples."""
    made = np.full((12, 1000), other / 12000, np.float32)
    for lead, share in shares.items():
        row = made[LEADS.index(lead)]
        row[where] += share / row[where].size
    return made


def parts(shares):
    return {one.part: round(one.share, 4) for one in shares}


def test_an_even_map_has_the_shares_of_chance():
    shares = shares_of(attribution(EVEN), TIMING)
    for group in (shares.leads, shares.territories, shares.waves, shares.beats):
        assert sum(one.share for one in group) == pytest.approx(1, abs=1e-5)
        for one in group:
            assert one.share == pytest.approx(one.chance, abs=1e-5)
    assert parts(shares.territories) == {
        "anterior": 0.3333,
        "inferior": 0.25,
        "lateral": 0.3333,
        "aVR": 0.0833,
    }
    assert parts(shares.waves) == {
        "P": 0.064,  # 4 x 160 ms of 10 s
        "QRS": 0.032,
        "ST": 0.04,
        "T": 0.088,
        BETWEEN: 0.776,
    }
    assert parts(shares.beats) == {"1": 0.15, "2": 0.1, "3": 0.35, "4": 0.4}


def test_only_what_speaks_for_mi_counts_unless_the_map_speaks_against_it():
    mixed = of_leads({"V2": 3.0, "I": -1.0})
    assert parts(shares_of(attribution(mixed)).leads)["V2"] == 1
    against = shares_of(attribution(-mixed))
    assert not against.towards
    assert parts(against.leads)["V2"] == 1
    assert shares_of(attribution(mixed)).towards


def test_time_alone_has_no_leads_and_no_waves_were_found_without_timing():
    shares = shares_of(attribution(EVEN[:1], "gradcam"), TIMING)
    assert (shares.leads, shares.territories) == ((), ())
    assert parts(shares.waves)["QRS"] == 0.032
    assert shares_of(attribution(EVEN)).waves == ()
    table = shares_of(attribution(EVEN), TIMING).frame()
    assert table["group"].value_counts().to_dict() == {
        "leads": 12,
        "territories": 4,
        "waves": 5,
        "beats": 4,
    }


ST = slice(106, 113)
QRS_AND_T = [*range(97, 103), *range(120, 128)]


def test_the_fewest_leads_with_half_of_the_push_are_named_with_their_wave():
    scores = of_leads({"V2": 0.3, "V3": 0.2, "V4": 0.18, "II": 0.05}, ST, other=0.27)
    # V2 and V3 have 0.5 and 2/12 of what is spread
    words = where_words(attribution(scores), TIMING)
    assert words == "55 % of the push towards MI lies in V2, V3, mostly in the ST segment."
    assert where_words(attribution(-scores), TIMING) == words.replace("towards", "away from")
    assert where_words(attribution(scores)) == "55 % of the push towards MI lies in V2, V3."


def test_a_wave_with_less_than_half_is_named_with_its_share():
    words = where_words(attribution(of_leads({"V2": 1.0}, QRS_AND_T)), TIMING)
    assert words.endswith("lies in V2, mostly in the T wave.")
    even = where_words(attribution(of_leads({"V2": 1.0}, [99, 108, 120, 500])), TIMING)
    assert even.endswith("the largest part of it (25 %) in QRS.")


def test_a_push_against_its_own_leads_is_not_turned_over_again():
    scores = of_leads({"V2": 1.0}, ST) - of_leads({"V2": 3.0}, [500]) + of_leads({"I": 2.5}, [700])
    words = where_words(attribution(scores + of_leads({"V2": 3.0}, [105])), TIMING)
    assert words.startswith("62 % of the push towards MI lies in V2, mostly in the ST segment")


def test_a_spread_push_is_called_so_with_what_chance_gives():
    assert where_words(attribution(EVEN), TIMING) == (
        "The push towards MI is spread: its 4 strongest leads, I, II, III, aVR, hold 33 % of it "
        "(33 % by chance)."
    )


def test_seeds_count_where_the_same_leads_hold_half_in_the_same_direction():
    mine = of_leads({"V2": 1.0, "I": 0.2}, ST)
    seeds = [mine, 3 * mine, of_leads({"I": 1.0}), -mine, of_leads({"V2": 0.6, "I": 0.5})]
    words = where_words(attribution(mine), TIMING, [attribution(seed) for seed in seeds])
    assert words.endswith("; the same leads in 3 of 5 seeds.")
    turned_over = where_words(attribution(-mine), TIMING, [attribution(-mine), attribution(mine)])
    assert turned_over.endswith("; the same leads in 1 of 2 seeds.")


def test_a_curve_over_time_is_said_with_the_time_that_its_wave_takes():
    curve = np.zeros((1, 1000), np.float32)
    curve[0, 98:102] = 1.0
    assert where_words(attribution(curve, "gradcam"), TIMING) == (
        "> 99 % of the curve lies in QRS (3 % of the time)."
    )
    assert where_words(attribution(curve, "gradcam")) == ""


def test_at_most_four_leads_are_named():
    shares = shares_of(attribution(of_leads(dict.fromkeys(LEADS[:5], 0.11), other=0.45)))
    leads, held = strongest_leads(shares)
    assert leads == ["I", "II", "III", "aVR"]
    assert held == pytest.approx(0.44 + 0.45 / 3, abs=1e-4)


def test_another_rate_has_the_same_waves():
    fine = replace(attribution(np.repeat(of_leads({"V2": 1.0}, ST), 5, axis=1)), fs_hz=500)
    assert where_words(fine, TIMING) == where_words(attribution(of_leads({"V2": 1.0}, ST)), TIMING)

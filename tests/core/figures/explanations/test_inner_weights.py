"""Attention over time and weights of leads, as they are drawn."""

import numpy as np
import pytest

from ecgcore.figures.explanations.inner_weights import (
    attention_alt,
    attention_figure,
    lead_weights_alt,
    lead_weights_figure,
)
from ecgcore.leads import LEADS

STEPS = np.array([0.1, 0.1, 0.6, 0.2], dtype=np.float32)
STARTS_S = np.array([-0.12, 2.5, 5.0, 7.5], dtype=np.float32)


def test_a_step_is_drawn_where_it_lies_as_a_multiple_of_its_even_share(synthetic_recordings):
    record = synthetic_recordings.read(1)
    drawn = {t.name: t for t in attention_figure(record, STEPS, STARTS_S, 2.5).data}
    curve = drawn["attention"]
    np.testing.assert_allclose(curve.x, [-0.12, 2.5, 5.0, 7.5, 10.0], atol=1e-6)
    np.testing.assert_allclose(curve.y, [0.4, 0.4, 2.4, 0.8, 0.8], atol=1e-6)
    assert curve.line.shape == "hv"
    np.testing.assert_array_equal(drawn["lead II"].y, record.signal[1])
    assert drawn["lead II"].x[-1] == pytest.approx(9.99)
    said = attention_alt(STEPS, STARTS_S)
    assert said == "Attention over time: strongest from 5.0 s on, 2.4 times its even share"


def test_each_lead_has_its_bar():
    weights = np.linspace(0.1, 0.9, 12).astype(np.float32)
    (bars,) = lead_weights_figure(weights).data
    assert tuple(bars.x) == LEADS
    np.testing.assert_array_equal(bars.y, weights)
    assert lead_weights_alt(weights).startswith("Weights of leads: I 0.10, II 0.17, ")

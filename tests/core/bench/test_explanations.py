"""The bench asks the seeds trained on C and promises what the issue of explanations promises."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ecgcore.bench import explanations as module
from ecgcore.settings import Settings
from tests.support.toys import record_of


def test_maps_and_checks_of_the_seeds_on_all_labels_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, list[Any]]] = []
    for name in ("explain_ensemble", "explain_with_checks"):
        monkeypatch.setattr(
            module, name, lambda seeds, _record, name=name: asked.append((name, seeds))
        )
    keys = [("cnn_bilstm", "C"), ("cnn_bilstm", "A"), ("cnn_bilstm", "C")]
    seeds: list[Any] = [
        SimpleNamespace(entry=SimpleNamespace(key=SimpleNamespace(arch=arch, train_set=train_set)))
        for arch, train_set in keys
    ]
    record = record_of([[0.0] * 1000] * 12, 100)
    first, second = module.explanation_figures(seeds, record)
    assert first.name == "map of all seeds, CNN-BiLSTM, 2 seeds"
    assert second.name == "map with all its checks, CNN-BiLSTM, 2 seeds"
    assert (first.target, second.target) == (1500.0, 6000.0)
    assert {name for name, _ in asked} == {"explain_ensemble", "explain_with_checks"}
    assert all(who == [seeds[0], seeds[2]] for _, who in asked)


A, B, C, D, OWN = (SimpleNamespace(entry=name) for name in ("a", "b", "c", "d", "own"))


@pytest.mark.parametrize(("scope", "n"), [((None, [C, D]), 4), (None, 3)])
def test_review_asks_each_once_who_tells_all_comers_the_statements_or_the_scope(
    monkeypatch: pytest.MonkeyPatch, scope: tuple[None, list[SimpleNamespace]] | None, n: int
) -> None:
    asked: list[list[SimpleNamespace]] = []
    beside = SimpleNamespace(predictors=(A, B, C))
    monkeypatch.setattr(module.BesideModels, "open", lambda _settings, _decision: beside)
    monkeypatch.setattr(module, "open_scope", lambda _settings: scope)
    monkeypatch.setattr(module, "predict", lambda predictors, _record: asked.append(predictors))
    record, own, settings = (
        record_of([[0.0] * 1000] * 12, 100),
        [OWN],
        Settings(None, *[Path("data")] * 4),
    )
    an_open, elsewhere = module.everything_figures(own, record, settings)  # type: ignore[arg-type]
    assert an_open.name == f"{n} predictions, all that Review shows of an open record"
    assert elsewhere.name == f"{n + 1} predictions, all that Review shows of an ECG from elsewhere"
    assert an_open.target == elsewhere.target == 60.0
    assert asked[0] == [A, B, C, D][:n]
    assert asked[-1] == [OWN, *asked[0]]

"""About: data, models, limits and licences, as a reader sees them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.models.cards import ModelCard, ModelEntry, ModelKey, Preprocessing
from ecgcore.predictions.ensemble import ensembles_of
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.wording.records import LIKELIHOODS
from pages.about import texts

Open = Callable[..., AppTest]


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one shipped model."""
    folder = tmp_path / "pretrained" / "mi" / "bimamba2-C" / "seed-4"
    folder.mkdir(parents=True)
    ModelCard(
        key=ModelKey("bimamba2", "C", 4),
        n_parameters=350_053,
        data_version="PTB-XL 1.0.3",
        data_fingerprint="93b85d8eceac7eb7",
        n_train=6838,
        n_train_mi=2387,
        n_val=1234,
        preprocessing=Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12),
        recipe=(),
        epochs_run=16,
        best_epoch=14,
        metrics=(("val_auroc", 0.9792), ("test_all_auroc", 0.9771)),
        weights_sha256="ab" * 32,
        code_version="0.1.0+test",
        created="2026-11-21T06:30:00+00:00",
    ).save(folder)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(folder.parents[2]))
    return folder.parents[2]


def _text(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.warning, app.error, app.header, app.code)
    return "\n".join(element.value for group in shown for element in group)


def test_the_open_data_is_named_counted_and_marked(open_page: Open, synthetic_catalog: Catalog):
    app = open_page("about")
    assert not app.exception
    text = _text(app)
    assert f"**synthetic set 1**, 240 records in `{synthetic_catalog.folder.name}`" in text
    assert "Synthetic records" in text
    assert "all recordings for training are here" in text
    table = app.table[0].value
    assert table["Records"].tolist() == ["88", "43", "44", "12", "7", "7", "12", "7", "7"]
    assert list(table.columns) == ["Split", "Label group", "Records", "Fingerprint"]


def test_models_have_their_cards(open_page: Open, pretrained: Path):
    app = open_page("about")
    results, provenance = (frame.value for frame in app.dataframe)
    row = results.iloc[0]
    assert (row["Model"], row["Seeds"]) == ("BiMamba-2 C", 1)
    assert row["MI trained on"] == "all MI, certain and uncertain"
    assert row["Records (MI)"] == "6,838 (2,387)"
    assert (row["Validation"], row["Test, all"], row["Test, certain"]) == ("0.9792", "0.9771", "–")
    assert provenance.iloc[0]["Best epoch"] == "14 of 16"
    assert provenance.iloc[0]["Weights, SHA-256"] == "ab" * 8
    assert provenance.iloc[0]["Folder"] == "bimamba2-C/seed-4"


def test_no_model_says_what_to_do(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "nothing"))
    app = open_page("about")
    assert not app.exception
    assert "No model is installed" in _text(app)


def test_limits_words_and_licences(open_page: Open):
    text = _text(open_page("about"))
    for part in (
        "Not a medical device",
        "52 years for normal records, 72 and 71",
        "Two thirds of the MI records",
        "Nobody knows which of the infarctions at 15 %",
        "data fetch --set study",
        "Attribution 4.0",
        "10.13026/kfzx-aw45",
        "Scientific Data 7:154",
        "Clopper-Pearson",
        "Overlays explain the model",
        "Likelihood of a statement\nTraining and test sets\nWords\nKeys",
    ):
        assert part in text
    assert texts.likelihood_table()["Shown as"].tolist() == list(LIKELIHOODS.values())


def test_words_are_explained_without_those_of_the_code_alone() -> None:
    table = texts.glossary_table()
    assert {"Ensemble", "Leakage", "Uncertain MI"} <= set(table["Word"])
    assert "Logit" not in set(table["Word"])
    assert table["Word"].iloc[0] == "Attribution"


def test_limits_of_quality_are_those_of_the_product() -> None:
    limits = dict(texts.quality_table().to_numpy().tolist())
    assert limits["Mains"].startswith("50 or 60 Hz")


def test_seeds_have_a_mean_and_a_deviation(pretrained: Path):
    card = ModelCard.load(pretrained / "mi" / "bimamba2-C" / "seed-4")
    values = (0.9792, 0.9802, 0.9812)
    seeds = [
        replace(card, key=replace(card.key, seed=seed), metrics=(("val_auroc", value),))
        for seed, value in enumerate(values)
    ]
    entries = [ModelEntry(pretrained / str(one.key.seed), one, shipped=True) for one in seeds]
    (row,) = texts.results_table(ensembles_of(entries)).to_dict("records")
    assert (row["Seeds"], row["Validation"]) == (3, "0.9802 ± 0.0010")


@pytest.mark.ptbxl
def test_ptbxl_is_compared_with_the_study(ptbxl_catalog: Catalog):
    table = texts.cohort_table(ptbxl_catalog)
    assert table["Published study"].tolist() == ["the same"] * 9
    assert table["Records"].iloc[0] == "4,451"


def test_a_cohort_that_differs_says_so(synthetic_catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(texts, "PTBXL_VERSION", synthetic_catalog.version)
    column = texts.cohort_table(synthetic_catalog)["Published study"]
    assert column.iloc[0] == "differs: 4,451, 0bb28424096d45b1"


def test_own_runs_are_told_from_shipped_models(pretrained: Path, tmp_path: Path):
    card = ModelCard.load(pretrained / "mi" / "bimamba2-C" / "seed-4")
    entries = [ModelEntry(tmp_path / "runs" / name, card, name == "a") for name in ("a", "b")]
    table = texts.results_table(ensembles_of(entries))
    assert table["Source"].tolist() == ["shipped", "local run"]
    assert texts.provenance_table(entries)["Folder"].tolist() == ["runs/a", "runs/b"]


def test_the_study_has_all_splits_and_groups():
    assert list(label_groups.STUDY_COHORT) == [
        (s, g) for s in label_groups.SPLITS for g in label_groups.GROUPS
    ]


def test_an_unknown_tab_in_the_url_is_named(open_page):
    app = open_page("about", about="Secrets")
    assert app.warning[0].value.startswith("The tab `Secrets` in the address is not known: choose")

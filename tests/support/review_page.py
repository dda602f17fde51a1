"""What tests of the Review page share: looking at a run page, and recordings of their own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import wfdb

from ecgcore.leads import LEADS
from ecgcore.models.cards import ModelCard, ModelKey, Preprocessing
from ecgcore.models.registry import build, save_weights
from ecgcore.predictions.store import PREDICTIONS_FILE, predictions_frame, save_predictions
from ecgcore.ptbxl.catalog import load_catalog, synthetic_version
from ecgcore.ptbxl.store import Recordings
from ecgcore.tasks.registry import task_named
from ecgcore.training.spec import TrainSpec

SIX = [ModelKey(arch, name, 0) for arch in ("cnn_bilstm", "bimamba2") for name in "ACD"]
TABS = (
    "Labels and report",
    "Measurements",
    "Median beat",
    "Other ECGs",
    "Signal quality",
    "What else",
    "Predictions as a table",
    "Explanation",
    "Similar cases",
    "What if",
)
TABLE = "ptbxl_database.csv"


def save_untrained(key, folder):
    import torch

    folder.mkdir(parents=True)
    torch.manual_seed(ord(key.train_set[0]))
    checksum = save_weights(build(key.arch, len(task_named(key.task).classes)), folder)
    ModelCard(
        key=key,
        n_parameters=1,
        data_version=synthetic_version(),
        data_fingerprint="",
        n_train=120,
        n_train_mi=40,
        n_val=12,
        preprocessing=Preprocessing(0.5, True, (0.0,) * 12, (0.2,) * 12),
        recipe=(),
        epochs_run=1,
        best_epoch=1,
        metrics=(),
        weights_sha256=checksum,
        code_version="test",
        created="2026-01-01",
    ).save(folder)


def save_finished(run_dir: Path, recordings: Recordings) -> None:
    """Leave what a training leaves, with weights as they are drawn."""
    spec = TrainSpec.load(run_dir)
    ids = spec.chosen_task.judged_ids(recordings.catalog)
    logits = np.linspace(-3, 3, len(ids), dtype=np.float32)
    predictions = predictions_frame(spec.key, ids, logits)
    save_predictions(predictions, run_dir / PREDICTIONS_FILE)
    ModelCard(
        key=spec.key,
        n_parameters=367_009,
        data_version=recordings.catalog.version,
        data_fingerprint="0" * 16,
        n_train=132,
        n_train_mi=44,
        n_val=26,
        preprocessing=Preprocessing(0.5, True, (0.0,) * 12, (0.2,) * 12),
        recipe=spec.recipe,
        epochs_run=1,
        best_epoch=1,
        metrics=(("val_auroc", 0.75),),
        weights_sha256=save_weights(build(spec.arch), run_dir),
        code_version="test",
        created="2026-11-21T00:00:00+00:00",
    ).save(run_dir)


def texts(app):
    kinds = (app.markdown, app.caption, app.text, app.title, app.header)
    return "\n".join(element.value for kind in kinds for element in kind)


def errors(app):
    return [element.value for element in app.error]


def charts(app):
    """Each chart by the first word of its text for the blind."""
    return {chart.proto.alt.split()[0]: chart.proto for chart in app.get("plotly_chart")}


def ecg(app):
    """The drawn ECG as Plotly's own dictionary."""
    return json.loads(charts(app)["12-lead"].spec)


def traces(figure):
    return {trace["name"]: trace for trace in figure["data"]}


def drawn_leads(figure):
    return {segment["lead"] for segment in figure["layout"]["meta"]["segments"]}


def scale(figure):
    meta = figure["layout"]["meta"]
    return meta["speed_mm_s"], meta["gain_mm_mv"]


def footer(figure):
    return figure["layout"]["annotations"][0]["text"]


def table(app, column):
    return next(t.value for t in app.table if column in t.value.columns)


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return app.run()


def write_signal(folder: Path, ecg_id: int, signal: np.ndarray, fs_hz: int = 100) -> None:
    """Put another recording in the place of a record, or beside it at 500 Hz."""
    path = load_catalog(folder).record_path(ecg_id)
    if fs_hz == 500:
        name = f"records500/{ecg_id:05d}_hr"
        change_table(folder, ecg_id, filename_hr=name)
        path = folder / name
    path.parent.mkdir(exist_ok=True)
    wfdb.wrsamp(
        path.name,
        fs_hz,
        ["mV"] * len(LEADS),
        list(LEADS),
        p_signal=signal.T.astype(np.float64),
        fmt=["16"] * len(LEADS),
        adc_gain=[1000] * len(LEADS),
        baseline=[0] * len(LEADS),
        write_dir=str(path.parent),
    )


def change_table(folder: Path, ecg_id: int, **cells: object) -> None:
    path = folder / TABLE
    frame = pd.read_csv(path, low_memory=False).astype(dict.fromkeys(cells, object))
    frame.loc[frame["ecg_id"] == ecg_id, list(cells)] = list(cells.values())
    frame.to_csv(path, index=False)

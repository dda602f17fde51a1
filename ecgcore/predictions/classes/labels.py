"""Labels of folds 9 and 10 that ship beside the predictions, so that both fit without PTB-XL."""

from pathlib import Path

import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog, open_catalog
from ecgcore.settings import Settings
from ecgcore.wording.statements import SUPERCLASS_STATEMENTS

_SUPERCLASS = {code: name for name, codes in SUPERCLASS_STATEMENTS.items() for code in codes}
_FOLDS = ("val", "test")
NOT_SHIPPED = "(the report does not come with this project)"
"""What stands for a report in `shipped_labels`; a blank one stays blank."""


def labels_path(pretrained_dir: Path) -> Path:
    """Name the file that holds the labels."""
    return pretrained_dir / "labels.parquet"


def save_labels(catalog: Catalog, pretrained_dir: Path) -> None:
    """Write group, split, patient, statements and axis of the records of folds 9 and 10.

    ``patient`` numbers the patients from 0, −1 where unknown; it is no identifier of PTB-XL.
    """
    frame = catalog.frame[catalog.frame["split"].isin(_FOLDS)]
    codes = catalog.codes[catalog.codes["ecg_id"].isin(frame.index)]
    said = codes["code"] + ":" + codes["likelihood"].astype(int).astype(str)
    stated = said.groupby(codes["ecg_id"]).agg(" ".join).reindex(frame.index).fillna("")
    table = frame[["group", "split"]].assign(
        patient=pd.factorize(frame["patient_id"])[0],
        stated=stated,
        heart_axis=frame["heart_axis"],
        reported=frame["report"] != "",
    )
    path = labels_path(pretrained_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.reset_index().to_parquet(path, index=False, compression="zstd")


def shipped_labels(pretrained_dir: Path) -> Catalog:
    """Read them as a catalogue of these records alone, which the rules of tasks can read.

    Raises
    ------
    ModelError
        If the file is missing or damaged.
    """
    path = labels_path(pretrained_dir)
    try:
        table = pd.read_parquet(path).set_index("ecg_id")
        stated = table.pop("stated").str.split().explode().dropna()
        pairs = stated.str.rsplit(":", n=1, expand=True)
        codes = pd.DataFrame({"ecg_id": pairs.index, "code": pairs[0].to_numpy()})
        codes["likelihood"] = pairs[1].to_numpy(dtype=float)
        patients = table.pop("patient").astype("Int64")
        reports = table.pop("reported").map({True: NOT_SHIPPED, False: ""})
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}). Restore it from the project."
        ) from error
    frame = table.assign(patient_id=patients.mask(patients < 0), report=reports)
    codes["superclass"] = codes["code"].map(_SUPERCLASS).fillna("")
    return Catalog(pretrained_dir, PTBXL_VERSION, False, frame, codes)


def labels_at_hand(settings: Settings) -> Catalog:
    """Open the data set; where nobody named one and PTB-XL is not here, the labels that ship."""
    catalog = open_catalog(settings)
    unasked = catalog.synthetic and settings.data_dir is None
    ships = labels_path(settings.pretrained_dir).exists()
    return shipped_labels(settings.pretrained_dir) if unasked and ships else catalog

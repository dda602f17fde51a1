"""The training records that look most like an ECG to a model: nearest by the angle of its features.

Only records with a certain label are listed, certain MI and strictly normal ones, and none of the
ECG's own patient. Features are what the network's head judges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ecgcore.errors import ModelError
from ecgcore.models.inputs import model_input, prepared
from ecgcore.models.predictor import BATCH_SIZE, Predictor
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.store import FS_HZ, Recordings
from ecgcore.records import EcgRecord
from ecgcore.tasks import mi

N_SIMILAR = 5
FOLDER = "similar"
_BLOCK = 512
_STEPS = 127
_ARRAYS = ("ids", "vectors", "reference")

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Similar:
    """A training record, and how far it lies from an ECG.

    Attributes
    ----------
    distance
        1 minus the cosine of the angle between the features: 0 the same, 1 nothing in common.
    """

    ecg_id: int
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class FeatureIndex:
    """Features of the certain-label training records, as one model sees them.

    Attributes
    ----------
    model, weights_sha256
        Whose features they are.
    ids
        ``(n,)`` records.
    vectors
        ``(n, d)`` int8, in the direction of the features.
    reference
        Ascending `study_distance` of ECGs of the study that no training saw.
    """

    model: str
    weights_sha256: str
    ids: Ids
    vectors: NDArray[np.int8]
    reference: NDArray[np.float32]

    def nearest(
        self, features: Vectors, left_out: Sequence[int] = (), n: int = N_SIMILAR
    ) -> tuple[Similar, ...]:
        """Return the `n` nearest records, the nearest first.

        Parameters
        ----------
        features
            ``(d,)`` as `features_of` returns them.
        left_out
            Records that are not to be listed: those of the same patient.
        """
        distances = self.distances(features[None])[0]
        distances[np.isin(self.ids, np.asarray(left_out, dtype=np.int64))] = np.inf
        order = np.argsort(distances, kind="stable")[:n]
        return tuple(
            Similar(int(self.ids[k]), float(distances[k]))
            for k in order
            if np.isfinite(distances[k])
        )

    def study_distance(self, features: Vectors) -> NDArray[np.float64]:
        """Return how far ECGs ``(m, d)`` lie from the training records: the mean of the nearest.

        It is a value for the out-of-study score: large where a model saw nothing alike.
        """
        nearest = np.sort(self.distances(features), axis=1)[:, :N_SIMILAR]
        mean: NDArray[np.float64] = nearest.mean(axis=1)
        return mean

    def farther_than(self, distance: float) -> float:
        """Return the share of the study's unseen ECGs that lie nearer than this."""
        return float(np.searchsorted(self.reference, distance)) / max(1, self.reference.size)

    def distances(self, features: Vectors) -> NDArray[np.float64]:
        """Return the distance of ECGs ``(m, d)`` to each record, ``(m, n)``."""
        rows = self.vectors.astype(np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        asked = _unit(features)
        return np.clip(1.0 - (asked @ rows.T).astype(np.float64), 0.0, 2.0)

    def save(self, folder: Path) -> Path:
        """Write the index beside those of other models."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.model}.safetensors"
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _ARRAYS}
        save_file(arrays, path, metadata={"weights_sha256": self.weights_sha256})
        return path

    @classmethod
    def load(cls, folder: Path, model: str, weights_sha256: str) -> "FeatureIndex | None":
        """Read the index of a model; None where there is none, or it is of other weights.

        Raises
        ------
        ModelError
            If the file is damaged.
        """
        path = folder / f"{model}.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="np") as file:
                known = (file.metadata() or {}).get("weights_sha256", "")
                arrays = [file.get_tensor(name) for name in _ARRAYS]
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{path} is damaged ({error}). Restore it from the project, or delete it."
            ) from error
        return cls(model, known, *arrays) if known == weights_sha256 else None


def features_of(predictor: Predictor, record: EcgRecord) -> Vectors:
    """Return what a model's head judges of an ECG, ``(d,)``.

    Raises
    ------
    RecordError
        If the record does not fit the model.
    """
    steps = predictor.preprocessing
    features: Vectors = _features(predictor, steps.apply(model_input(record, steps).signal)[None])[
        0
    ]
    return features


def certain_training_ids(catalog: Catalog) -> list[int]:
    """List the training records with a certain label: certain MI and strictly normal ones."""
    frame = catalog.frame
    labelled = mi.training_ids(frame, mi.CERTAIN)
    return sorted(int(ecg_id) for ecg_id in labelled)


def unseen_ids(catalog: Catalog) -> list[int]:
    """List the certain-label records of fold 9, which no training saw."""
    frame = catalog.frame
    groups = frame["group"].isin([mi.NORMAL, "certain_mi"])
    return sorted(int(one) for one in frame.index[groups & (frame["split"] == "val")])


def build_index(
    predictor: Predictor,
    recordings: Recordings,
    ids: Sequence[int],
    unseen: Sequence[int] = (),
) -> FeatureIndex:
    """Compute the features of records, which takes a few ms each.

    Parameters
    ----------
    unseen
        Records of the study that no training saw, for `FeatureIndex.reference`.

    Raises
    ------
    RecordError
        If a record is not on this disk.
    """
    unit = _unit(_features_of_many(predictor, recordings, ids))
    largest = np.maximum(np.abs(unit).max(axis=1, keepdims=True), 1e-12)
    vectors = np.rint(_STEPS * unit / largest).astype(np.int8)
    card = predictor.entry.card
    index = FeatureIndex(
        predictor.entry.name,
        card.weights_sha256,
        np.asarray(ids, dtype=np.int64),
        vectors,
        np.zeros(0, np.float32),
    )
    if not unseen:
        return index
    far = index.study_distance(_features_of_many(predictor, recordings, unseen))
    return replace(index, reference=np.sort(far).astype(np.float32))


def _features_of_many(predictor: Predictor, recordings: Recordings, ids: Sequence[int]) -> Vectors:
    blocks = []
    for start in range(0, len(ids), _BLOCK):
        signals = recordings.signals(ids[start : start + _BLOCK])
        blocks.append(_features(predictor, prepared(signals, FS_HZ, predictor.preprocessing)))
    return np.concatenate(blocks)


def same_patient_ids(catalog: Catalog, ecg_id: int) -> list[int]:
    """List the records of a record's patient, itself among them."""
    frame = catalog.frame
    patient = frame.loc[ecg_id, "patient_id"]
    same = frame.index[frame["patient_id"] == patient].tolist()
    return sorted({ecg_id, *(int(one) for one in same)})


def _features(predictor: Predictor, inputs: Vectors) -> Vectors:
    with predictor.exclusive() as network, torch.inference_mode():
        parts = [
            network.features(torch.from_numpy(inputs[start : start + BATCH_SIZE])).numpy()
            for start in range(0, len(inputs), BATCH_SIZE)
        ]
    return np.concatenate(parts)


def _unit(features: Vectors) -> Vectors:
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    unit: Vectors = (features / np.maximum(length, 1e-12)).astype(np.float32)
    return unit

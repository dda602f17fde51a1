"""Labels that readers agreed on, beside those of the data set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import CONSENSUS

GROUP_OF = {
    "MI": "certain_mi",
    "no MI": "pure_normal",
    "uncertain": "uncertain_mi",
    "not readable": "other",
}
"""Label group that each verdict makes of a record; no MI counts as normal, whatever else it has."""
CONSENSUS_FILE = "consensus.json"
"""Where a run's folder keeps the consensus that it was trained on."""
_FORMAT = "ecg-trust consensus"


@dataclass(frozen=True, slots=True)
class Consensus:
    """What was agreed on.

    Attributes
    ----------
    verdicts
        By ``ecg_id``: MI, no MI, uncertain or not readable.

    Examples
    --------
    >>> Consensus({39: "MI", 7: "no MI"}).fingerprint
    '9974724154e3aa66'
    """

    verdicts: Mapping[int, str]

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of "id:verdict", ascending by id, joined by ','."""
        text = ",".join(f"{ecg_id}:{self.verdicts[ecg_id]}" for ecg_id in sorted(self.verdicts))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def of(self, frame: pd.DataFrame) -> pd.Series[str]:
        """Return the verdict on each record of a table indexed by ``ecg_id``; "" without one."""
        said = pd.Series(dict(self.verdicts), dtype=object)
        return said.reindex(frame.index).fillna("").astype(str)

    def beside(self, catalog: Catalog) -> Catalog:
        """Return the catalogue with the label groups of the consensus in the column `CONSENSUS`."""
        groups = self.of(catalog.frame).map(GROUP_OF).fillna("")
        return replace(catalog, frame=catalog.frame.assign(**{CONSENSUS: groups}))

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        said = {str(ecg_id): self.verdicts[ecg_id] for ecg_id in sorted(self.verdicts)}
        path.write_text(json.dumps({"format": _FORMAT, "verdicts": said}, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Consensus:
        """Read what `save` wrote.

        Raises
        ------
        CatalogError
            If it is something else, or not the consensus of this fingerprint.
        """
        try:
            said = json.loads(path.read_text())
            if said["format"] != _FORMAT or not set(said["verdicts"].values()) <= set(GROUP_OF):
                raise ValueError(f"format {said['format']!r}")
            found = cls({int(ecg_id): verdict for ecg_id, verdict in said["verdicts"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogError(f"{path} holds no consensus ({error}). Start a new run.") from error
        if found.fingerprint != fingerprint:
            raise CatalogError(
                f"{path} holds the consensus {found.fingerprint}; the run was started with "
                f"{fingerprint}. Start a new run."
            )
        return found

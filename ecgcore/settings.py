"""Where things are: the one place that reads the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

PROJECT_DIR = Path(__file__).resolve().parent.parent
"""Folder from which `ecgcore` is imported: the project, or an installation's site-packages."""

_INSTALLED = PROJECT_DIR / "ecg_trust_app"
APP_DIR = _INSTALLED if _INSTALLED.is_dir() else PROJECT_DIR
"""Folder of ``app.py``, ``pages`` and ``pretrained``."""

HOME_DIR = PROJECT_DIR if APP_DIR == PROJECT_DIR else user_data_path("ecg-trust", appauthor=False)
"""Folder of ``data`` and ``runs``: the project, or the user's own if the project is installed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders of one running copy of the project.

    Attributes
    ----------
    data_dir
        A folder in PTB-XL's layout that the user chose, or None.
    local_data_dir
        Where ``data fetch`` puts PTB-XL and where it is looked for without a choice.
    synthetic_dir
        Where the embedded synthetic set is generated on first use.
    pretrained_dir
        Shipped models and predictions.
    runs_dir
        Trained runs and the job table.
    review_db
        File or address of the store of readings; "" for a file in `runs_dir`.
    trusted_hosts
        Names under which the server may be asked for, beside this machine's own.
    password
        Asked of every reader; empty for none.
    open_to_network
        True where somebody said that a server without a password is meant.
    roles_file
        Says who among those who log in reads, settles and leads which study; None for nobody.
    sums_sha256
        Of the list of checksums of a data set that is fetched; "" for that of PTB-XL 1.0.3.
    """

    data_dir: Path | None
    local_data_dir: Path
    synthetic_dir: Path
    pretrained_dir: Path
    runs_dir: Path
    review_db: str = ""

    trusted_hosts: tuple[str, ...] = ()
    password: str = field(default="", repr=False)
    open_to_network: bool = False
    roles_file: Path | None = None
    sums_sha256: str = ""

    @classmethod
    def from_env(cls, data_dir: str | Path | None = None) -> "Settings":
        """Read ``ECG_DATA_DIR`` and the other variables of docs/deployment.md; an argument wins."""
        chosen = data_dir or os.environ.get("ECG_DATA_DIR")
        pretrained = os.environ.get("ECG_PRETRAINED_DIR") or APP_DIR / "pretrained"
        roles = os.environ.get("ECG_ROLES")
        runs = os.environ.get("ECG_RUNS_DIR") or HOME_DIR / "runs"
        return cls(
            data_dir=Path(chosen).expanduser().resolve() if chosen else None,
            local_data_dir=HOME_DIR / "data" / "ptb-xl",
            synthetic_dir=HOME_DIR / "data" / "synthetic",
            pretrained_dir=Path(pretrained).expanduser().resolve(),
            runs_dir=Path(runs).expanduser().resolve(),
            review_db=os.environ.get("ECG_REVIEW_DB", ""),
            trusted_hosts=tuple(os.environ.get("ECG_TRUSTED_HOSTS", "").replace(",", " ").split()),
            password=os.environ.get("ECG_PASSWORD", ""),
            open_to_network=os.environ.get("ECG_OPEN_TO_NETWORK", "") == "1",
            roles_file=Path(roles).expanduser().resolve() if roles else None,
            sums_sha256=os.environ.get("ECG_SUMS_SHA256", ""),
        )

    def as_env(self) -> dict[str, str]:
        """Environment for a child process that must see the same folders."""
        chosen = {} if self.data_dir is None else {"ECG_DATA_DIR": str(self.data_dir)}
        return {
            **os.environ,
            **chosen,
            "ECG_PRETRAINED_DIR": str(self.pretrained_dir),
            "ECG_RUNS_DIR": str(self.runs_dir),
        }

"""The recording that a command names."""

from pathlib import Path

from ecgcore.records import EcgRecord
from ecgcore.settings import Settings


def named_record(name: str, settings: Settings) -> EcgRecord:
    """Read a record by its number in the open data set, else by its path.

    Raises
    ------
    RecordError
        If there is no such record, or it cannot be read.
    """
    from ecgcore.io.wfdb_files import read_wfdb
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.store import open_recordings

    if is_number(name):
        return open_recordings(open_catalog(settings)).read(int(name))
    return read_wfdb(Path(name))


def is_number(name: str) -> bool:
    """Say whether a name is a record number."""
    return name.isdecimal() and len(name) <= 100

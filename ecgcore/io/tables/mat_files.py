"""Read MATLAB files: version 5 with SciPy, version 7.3 (HDF5) with h5py where it is installed.

Variables are known by their names (``fs``, ``units``, ``leads``, ``I``, ``V1``) and shapes; what
none of them says is asked for. Functions and objects are never called, links never followed.
"""

import math
import warnings
from io import BytesIO

from ecgcore.errors import RecordError
from ecgcore.io.binary.hdf5_files import check_n_values, hdf5_variables
from ecgcore.io.raw import RawEcg, ReadOptions
from ecgcore.io.tables.found import asked_raw
from ecgcore.io.tables.variables import MAX_VARIABLES, found_in

_HDF5 = b"\x89HDF"
_NUMBERS = {
    "double", "single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "char", "cell", "struct",
}  # fmt: skip


def read_mat(content: bytes, name: str, options: ReadOptions) -> RawEcg:
    """Read the ECG of one file.

    Raises
    ------
    RecordError
        If it is damaged or holds no array of leads; NotSaidError for what it does not say.
    """
    is_hdf5 = content.startswith(_HDF5) or content[512:516] == _HDF5
    read = hdf5_variables if is_hdf5 else _version_5
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            variables = read(content, name)
    except (RecordError, MemoryError):
        raise
    except Exception as error:  # SciPy and h5py raise many kinds on damaged files
        raise RecordError(
            f"{name} cannot be read as a MATLAB file ({type(error).__name__}); it is damaged. Save "
            "it again."
        ) from error
    return asked_raw(found_in(variables, name), name, options)


def _version_5(content: bytes, name: str) -> dict[str, object]:
    from scipy.io import loadmat, whosmat

    listed = whosmat(BytesIO(content))
    wanted = [key for key, _, kind in listed if kind in _NUMBERS][:MAX_VARIABLES]
    for key, shape, _ in listed:
        if key in wanted:
            check_n_values(name, math.prod(shape))
    found = loadmat(BytesIO(content), variable_names=wanted, simplify_cells=True)
    return {key: value for key, value in found.items() if not key.startswith("__")}

"""The checksums of all that is shipped in ``pretrained/``: what was changed is not read."""

import hashlib
from functools import lru_cache
from pathlib import Path

from ecgcore.errors import ModelError

MANIFEST = "SHA256SUMS.txt"
_DEPTH = 4

FileState = tuple[int, int, int]
"""Time of the last change in ns, size and inode: another content has another state."""


def state_of(path: Path) -> FileState | None:
    """Return what a file's content can be remembered by; None where there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def manifest_state(folder: Path) -> FileState | None:
    """Return the state of a folder's manifest; None where it has none."""
    return state_of(folder / MANIFEST)


def write_manifest(folder: Path) -> int:
    """List every file of a folder with its SHA-256; returns how many there are."""
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST and not path.name.endswith(".part")
    )
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in files]
    part = folder / f"{MANIFEST}.part"
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(folder / MANIFEST)
    return len(files)


def renew(path: Path) -> None:
    """Write down a file that this program has just made, where its folder has a manifest."""
    if (folder := _sealed_folder(path)) is not None:
        name = path.relative_to(folder).as_posix()
        sums = {**_sums(folder), name: _sha256(path)}
        part = folder / f"{MANIFEST}.part"
        part.write_text("".join(f"{sums[one]}  {one}\n" for one in sorted(sums)))
        part.replace(folder / MANIFEST)


def verified(path: Path) -> Path:
    """Return a path whose content fits the manifest; files beside no manifest are not judged.

    Raises
    ------
    ModelError
        If the file is listed with another checksum.
    """
    folder = _sealed_folder(path)
    if folder is None or not path.is_file():
        return path
    expected = _sums(folder).get(path.relative_to(folder).as_posix())
    if expected is not None and _sha256(path) != expected:
        raise ModelError(
            f"{path} was changed: its SHA-256 is not that of {MANIFEST}. Restore it from the "
            "project; if you made it yourself, run 'python3.11 -m ecgcore data seal'."
        )
    return path


def _sealed_folder(path: Path) -> Path | None:
    return next((one for one in path.parents[:_DEPTH] if (one / MANIFEST).is_file()), None)


def _sums(folder: Path) -> dict[str, str]:
    return _listed(folder / MANIFEST, manifest_state(folder))


@lru_cache(maxsize=8)
def _listed(manifest: Path, _state: FileState | None) -> dict[str, str]:
    """Read a manifest; whoever gets it must not change it."""
    lines = manifest.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ", 1) for line in lines if "  " in line]
    return {name: digest for digest, name in pairs}


def _sha256(path: Path) -> str:
    return _hashed(path, state_of(path))


@lru_cache(maxsize=512)
def _hashed(path: Path, _state: FileState | None) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

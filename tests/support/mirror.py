"""A small copy of PhysioNet's PTB-XL folder, drawn records in it, served on this machine."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd


def write_mirror(synthetic_dir: Path, folder: Path) -> Path:
    """Copy the synthetic set as PhysioNet would publish it: both rates, licence, checksums."""
    shutil.copytree(synthetic_dir / "records100", folder / "records100")
    shutil.copytree(folder / "records100", folder / "records500")
    shutil.copy(synthetic_dir / "scp_statements.csv", folder)
    table = pd.read_csv(synthetic_dir / "ptbxl_database.csv")
    table["filename_hr"] = table["filename_lr"].str.replace("records100", "records500")
    table.to_csv(folder / "ptbxl_database.csv", index=False)
    (folder / "LICENSE.txt").write_text("CC BY 4.0\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.relative_to(folder).as_posix()}\n"
        for file in files
    ]
    (folder / "SHA256SUMS.txt").write_text("".join(sums))
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()

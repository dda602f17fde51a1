"""Times a server that many visitors open records on, as their browsers ask it, without drawing.

A visitor is a WebSocket that speaks Streamlit's own messages; what a browser needs to draw an
answer is in ``page_bench``. Prints each figure as a line of JSON as soon as it is measured.
"""

import json
import random
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import cycle, islice

import numpy as np
import psutil
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from ecgcore.bench.chaos.hostile_uploads import hostile_uploads
from ecgcore.bench.figure import Figure
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.settings import Settings
from pages.shared.bench.page_bench import SETTLED, open_page, running_app

VISITORS, CROWD_S = 25, 3.0
WAIT_S, GROWTH_MB = 0.5, 50.0
_ROUNDS, _LEVEL, _RECORDS, _TIMEOUT_S, _ALONE = 4, 250, 1000, 60.0, 20
_UPLOADS, _LOOKS_S, _READS = 12, 5.0, 13


@dataclass(slots=True)
class Visitor:
    """One who opens records by typing their numbers, with a session of its own on the server."""

    socket: ClientConnection
    field_id: str = ""

    def open_record(self, ecg_id: int) -> float:
        """Ask for the Review page of a record; return the s until it has all been said.

        Raises
        ------
        RuntimeError
            If the page shows an error, or not the ECG of that record.
        """
        asked = BackMsg()
        asked.rerun_script.page_name = "review"
        if self.field_id:
            asked.rerun_script.widget_states.widgets.add(id=self.field_id, string_value=str(ecg_id))
        else:
            asked.rerun_script.query_string = f"record={ecg_id}"
        started, drawn, wrong = time.perf_counter(), False, ""
        self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg.FromString(self.socket.recv(timeout=_TIMEOUT_S, decode=False))
            element = told.delta.new_element
            drawn |= f'"uirevision":"{ecg_id} ' in element.plotly_chart.spec
            wrong = wrong or _complaint(element)
            if element.text_input.id.endswith("-record"):
                self.field_id = element.text_input.id
            if told.WhichOneof("type") == "script_finished":
                break
        if wrong or not drawn or told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
            raise RuntimeError(f"record {ecg_id} was not drawn: {wrong}")
        return time.perf_counter() - started


def _complaint(element: Element) -> str:
    """Return what an element says is wrong; "" for nothing."""
    if element.WhichOneof("type") == "exception":
        return element.exception.message
    return element.alert.body if element.alert.format == Alert.ERROR else ""


@contextmanager
def visitors(url: str, n: int) -> Iterator[list[Visitor]]:
    """Connect some visitors."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    with ExitStack() as stack:
        sockets = [connect(address, origin=Origin(url), max_size=None) for _ in range(n)]
        yield [Visitor(stack.enter_context(one)) for one in sockets]


def crowd_figures() -> Iterator[Figure]:
    """Many at once, many records one after the other, and a visitor beside hostile uploads."""
    catalog = open_catalog(Settings.from_env())
    ids = [int(one) for one in np.random.default_rng(0).permutation(catalog.frame.index)]
    with running_app() as (url, _, pid):
        yield crowd_figure(url, ids)
        yield _reading_figure(url, ids[::-1])
        yield _memory_level(url, pid, ids)
        yield _beside_uploads(url, ids)


def crowd_figure(url: str, ids: list[int], rounds: int = _ROUNDS) -> Figure:
    """Let all visitors open a record at the same moment, some times."""
    with visitors(url, VISITORS) as crowd, ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(Visitor.open_record, crowd, ids))  # the first visit loads the page
        taken: list[float] = []
        for k in range(1, rounds + 1):
            taken += pool.map(Visitor.open_record, crowd, ids[k * VISITORS :])
    name = f"{VISITORS} visitors open a record at the same moment, p95"
    note = f"n = {len(taken)}, median {np.median(taken):.1f} s, 0 errors"
    return Figure(name, float(np.quantile(taken, 0.95)), "s", note=note)


def _reading_figure(url: str, ids: list[int]) -> Figure:
    """Let all visitors open records, each looking at the last one for some seconds first."""

    def read(visitor: Visitor, mine: list[int], chance: random.Random) -> list[float]:
        taken = []
        for ecg_id in mine:
            time.sleep(chance.expovariate(1 / _LOOKS_S))
            taken.append(visitor.open_record(ecg_id))
        return taken[1:]  # the first visit loads the page

    with visitors(url, VISITORS) as crowd, ThreadPoolExecutor(VISITORS) as pool:
        shares = [ids[k * _READS : (k + 1) * _READS] for k in range(VISITORS)]
        chances = [random.Random(k) for k in range(VISITORS)]
        taken = [one for mine in pool.map(read, crowd, shares, chances) for one in mine]
    name = f"{VISITORS} visitors who look at each record for {_LOOKS_S:g} s, p95 to the next"
    note = f"n = {len(taken)}, median {np.median(taken):.2f} s, 0 errors"
    return Figure(name, float(np.quantile(taken, 0.95)), "s", CROWD_S, note)


def _beside_uploads(url: str, ids: list[int]) -> Figure:
    """Let a visitor open records while another uploads what is made to cost much."""
    name, chromium = "a visitor's longest wait beside hostile uploads, beyond alone", None
    if find_spec("playwright") is not None:
        chromium = shutil.which("chromium")
    if chromium is None:
        return Figure(name, None, "s", WAIT_S, "needs playwright and chromium", skipped=True)
    with visitors(url, 1) as (visitor,), open_page(chromium) as page:
        alone = [visitor.open_record(one) for one in ids[:_ALONE]][1:]
        page.goto(f"{url}/own")
        page.wait_for_function(SETTLED)
        beside: list[float] = []
        over = threading.Event()

        def visit() -> None:
            for one in cycle(ids):
                if over.is_set():
                    return
                beside.append(visitor.open_record(one))

        with ThreadPoolExecutor(1) as pool:
            visiting = pool.submit(visit)
            for make in list(hostile_uploads().values())[:: len(hostile_uploads()) // _UPLOADS]:
                files = [
                    {"name": n, "mimeType": "application/octet-stream", "buffer": content}
                    for n, content in make()
                ]
                page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
                page.wait_for_timeout(500)
                page.wait_for_function(SETTLED)
            over.set()
            visiting.result()
    longest, usual = max(beside), float(np.median(alone))
    note = f"n = {len(beside)}, median {np.median(beside):.2f} s, alone {usual:.2f} s"
    return Figure(name, longest - usual, "s", WAIT_S, note)


def _memory_level(url: str, pid: int, ids: list[int]) -> Figure:
    """Let one visitor open many records; compare the server's memory with that after some."""
    sizes, server = [], psutil.Process(pid)
    with visitors(url, 1) as (visitor,):
        for n, ecg_id in enumerate(islice(cycle(ids), _RECORDS), 1):
            visitor.open_record(ecg_id)
            if n % _LEVEL == 0:
                sizes.append(server.memory_info().rss / 2**20)
    shown = ", ".join(f"{size:,.0f}" for size in sizes)
    name = f"memory after {_RECORDS:,} records beyond that after {_LEVEL}"
    note = f"{shown} MB after each {_LEVEL}, {min(len(ids), _RECORDS):,} different"
    return Figure(name, sizes[-1] - sizes[0], "MB", GROWTH_MB, note)


if __name__ == "__main__":
    for figure in crowd_figures():
        print(json.dumps(asdict(figure)), flush=True)

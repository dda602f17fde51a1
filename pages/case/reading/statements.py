"""The SCP codes that a reader may type; the form asks for those that fit, two letters on."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import data_folder
from ecgcore.ptbxl.scp import load_statements, statements_like
from ecgcore.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from starlette.requests import Request

PATH = "/api/statements"
_LONGEST = 40


def codes_of() -> frozenset[str]:
    """Return all SCP codes of the open data."""
    return frozenset(map(str, _table().index))


async def statements(request: Request) -> JSONResponse:
    """Answer ``?like=lb`` with the codes and meanings that fit, the same for every case."""
    typed = request.query_params.get("like", "")[:_LONGEST]
    try:
        table = await run_in_threadpool(_table)
    except CatalogError:
        return JSONResponse([], 503)
    return JSONResponse(statements_like(table, typed))


def _table() -> pd.DataFrame:
    return _of_folder(data_folder(Settings.from_env()))


@lru_cache(maxsize=2)
def _of_folder(folder: Path) -> pd.DataFrame:
    return load_statements(folder / "scp_statements.csv")

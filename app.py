"""Launcher: serves the pages, keeps the job supervisor running and answers ``/api/ready``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import ecgcore
from ecgcore.commands.jobs import JOB_COMMANDS
from ecgcore.errors import JobError
from ecgcore.io.guarded.pool import shared_pool
from ecgcore.jobs.store import JobStore
from ecgcore.jobs.supervisor import Supervisor
from ecgcore.settings import Settings
from pages.case.reading import statements
from pages.door.door import middleware
from pages.shared.errors import show_ecg_error

READERS = 2

log = logging.getLogger(__name__)


@asynccontextmanager
async def jobs(_app: st.App) -> AsyncIterator[None]:
    """Run the job supervisor while the server runs; jobs outlive it."""
    try:
        store = JobStore(Settings.from_env().runs_dir / "jobs.sqlite")
    except JobError as error:  # all pages but Retrain, which says so too, work without it
        log.error("No training can run: %s", error)
        yield
        return
    with Supervisor(store, JOB_COMMANDS):
        yield


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Keep the job supervisor and the readers of uploads at hand while the server runs."""
    shared_pool().warm_up(READERS)
    async with jobs(app):
        yield
    shared_pool().close()


async def ready(_request: Request) -> JSONResponse:
    """Say that the server has started; nothing is served before its lifespan has."""
    return JSONResponse({"ready": True, "version": ecgcore.__version__})


app = st.App(
    "pages/_router.py",
    lifespan=lifespan,
    middleware=middleware(Settings.from_env()),
    routes=[Route("/api/ready", ready), Route(statements.PATH, statements.statements)],
    on_script_error=show_ecg_error,
)

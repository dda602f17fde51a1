"""A real log-in: the dashboard, a provider of identities on this machine, and a browser."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.protocol import Protocol, StudyCase
from pages.shared.bench.page_bench import free_port, running_app
from tests.support.servers.oidc import running_provider, secrets_toml

pytest.importorskip("authlib", reason="Authlib is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ANN, BOB = "ann@hospital.example", "bob@hospital.example"


@pytest.fixture
def study(tmp_path: Path) -> None:
    address = sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite"))
    log = ReviewLog.at(address)
    cases = tuple(StudyCase(str(k), k <= 4, 0.9 if k <= 4 else 0.1) for k in range(1, 9))
    run.start(log, Protocol("Pilot", cases, (ANN, BOB), ("alone",), days_between=0), "li")
    log.engine.dispose()


@pytest.mark.usefixtures("study")
def test_who_logs_in_is_who_the_provider_says_until_the_log_out(page, synthetic_dir, tmp_path):
    (tmp_path / "roles.toml").write_text(f'[Pilot]\nreader = ["{ANN}", "{BOB}"]\n')
    port = free_port()
    with running_provider(email=ANN, email_verified=True) as provider:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(secrets_toml(provider, f"http://localhost:{port}"))
        environment = {
            "ECG_DATA_DIR": str(synthetic_dir),
            "ECG_RUNS_DIR": str(tmp_path / "runs"),
            "ECG_ROLES": str(tmp_path / "roles.toml"),
            "STREAMLIT_SECRETS_FILES": str(secrets),
        }
        with running_app(environment, port) as (url, _, _):
            reading = f"{url}/reader-study?step=Read&study=Pilot&reader={BOB}"
            page.goto(reading)
            page.get_by_role("button", name="Log in").wait_for()
            assert page.get_by_text("Pilot").count() == 0
            page.get_by_role("button", name="Log in").click()
            page.get_by_text("0 of 8 read").wait_for()
            assert page.url.startswith(f"{url}/reader-study?step=Read")
            assert provider.asked.count("/token") == 1
            page.get_by_role("button", name=f"Reader {ANN}").click()
            page.get_by_text("0 of 8 read").wait_for()
            page.get_by_role("button", name="Log out").click()
            page.get_by_role("button", name="Log in").wait_for()
            page.goto(reading)
            page.get_by_role("button", name="Log in").wait_for()
            assert page.get_by_text("0 of 8 read").count() == 0


def test_the_password_lets_a_browser_in_to_the_page_that_it_asked_for(
    page, synthetic_dir, tmp_path
):
    environment = {
        "ECG_DATA_DIR": str(synthetic_dir),
        "ECG_RUNS_DIR": str(tmp_path / "runs"),
        "ECG_PASSWORD": "open sesame",
    }
    with running_app(environment, free_port()) as (url, _, _):
        page.goto(f"{url}/review?record=9")
        for word in ("a guess", "open sesame"):
            page.get_by_label("Password").fill(word)
            page.get_by_role("button", name="Open").click()
            if word == "a guess":
                page.get_by_text("That is not the password.").wait_for()
        page.get_by_text("Record 9").first.wait_for()
        assert page.url == f"{url}/review?record=9"

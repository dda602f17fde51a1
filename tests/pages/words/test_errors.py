"""Messages quote what stands in the URL, and must stay words."""

from pages.shared.errors import plain, without_folders


def test_a_message_draws_no_link_and_no_image() -> None:
    assert plain(r"no run '![x](//e.org) \[y'") == r"no run '!\[x](//e.org) \\\[y'"


def test_a_message_does_not_tell_where_the_server_keeps_its_folders(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ECG_DATA_DIR", str(tmp_path / "one place" / "ptb-xl"))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    text = f"{tmp_path}/one place/ptb-xl/records100/1.dat, {tmp_path}/runs/jobs.sqlite, /etc/x"
    assert without_folders(text) == "ptb-xl/records100/1.dat, runs/jobs.sqlite, /etc/x"
    assert plain(f"[{tmp_path}/runs") == r"\[runs"

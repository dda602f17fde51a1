from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.jobs import progress

EVENTS = st.lists(
    st.dictionaries(
        st.text(max_size=8), st.integers() | st.text() | st.floats(allow_nan=False), max_size=4
    ),
    max_size=6,
)


def test_a_missing_file_has_no_events(tmp_path: Path):
    assert progress.read(tmp_path / "progress.jsonl") == []


@given(EVENTS)
@settings(max_examples=25)
def test_events_come_back_in_order(events: list[dict[str, object]]):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "progress.jsonl"
        for event in events:
            progress.append(path, event)
        assert progress.read(path) == events


def test_a_half_written_line_is_left_out_and_does_not_spoil_the_next(tmp_path: Path):
    path = tmp_path / "progress.jsonl"
    path.write_bytes(b'{"epoch": 1}\n{"epoch": 2, "lo')
    assert progress.read(path) == [{"epoch": 1}]
    progress.append(path, {"epoch": 2})
    assert progress.read(path) == [{"epoch": 1}, {"epoch": 2}]


def test_a_character_cut_in_two_and_a_line_without_an_object_are_left_out(tmp_path: Path):
    path = tmp_path / "progress.jsonl"
    path.write_bytes(b'12\n{"epoch": 1}\n{"note": "\xc3')
    assert progress.read(path) == [{"epoch": 1}]

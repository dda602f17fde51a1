"""Convert, on the page of an uploaded ECG: closed at first, de-identified, proven or refused."""

import io
import zipfile

import numpy as np
from streamlit.testing.v1 import AppTest

from ecgcore.io.recordings import read_upload
from pages.upload import convert
from tests.pages.test_upload import MICROVOLTS, Open, texts, upload
from tests.support import uploads


def opened_menu(app: AppTest) -> AppTest:
    app.session_state["upload_convert_1"] = True
    app.run()
    assert not app.exception
    return app


def chosen(app: AppTest, to: str) -> AppTest:
    app.selectbox(key="upload_convert_to_1").select(to).run()
    assert not app.exception
    return app


def made(app: AppTest) -> tuple[str, bytes]:
    _, found = app.session_state[convert._MADE]
    return found.name, found.content


def test_a_file_is_made_only_when_a_format_is_chosen(open_page: Open) -> None:
    app = upload(open_page("own"), uploads.wfdb_files(MICROVOLTS, 100))
    assert "upload_convert_to_1" not in {box.key for box in app.selectbox}
    app = opened_menu(app)
    assert app.toggle(key="upload_convert_proven_1").value is True
    assert convert._MADE not in app.session_state
    app = chosen(app, "edf")
    name, content = made(app)
    assert (name, app.get("download_button")[-1].proto.label != "") == ("ecg.edf", True)
    record = read_upload([(name, content)])
    np.testing.assert_array_equal(record.signal, (MICROVOLTS / 1000).astype(np.float32))
    assert "Read back: 12,000 samples, every bit the same; 28 other entries" in texts(app)


def test_wfdb_comes_as_a_zip_without_the_name_of_the_upload(open_page: Open) -> None:
    files = [
        (name.replace("ecg", "Doe"), content.replace(b"ecg", b"Doe"))
        for name, content in uploads.wfdb_files(MICROVOLTS, 100)
    ]
    app = chosen(opened_menu(upload(open_page("own"), files)), "wfdb")
    name, content = made(app)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["ecg.hea", "ecg.dat"]
        assert all(b"Doe" not in archive.read(one) for one in archive.namelist())
        assert {one.date_time[0] for one in archive.infolist()} == {1980}
    assert name == "ecg.zip"


def test_what_cannot_be_proven_is_refused_and_can_be_had_rounded(open_page: Open) -> None:
    noisy = MICROVOLTS + np.random.default_rng(0).normal(0, 1, MICROVOLTS.shape)
    files = uploads.npz_file(signal=noisy, fs_hz=100, leads=uploads.LEADS, units="uV")
    app = chosen(opened_menu(upload(open_page("own"), files)), "edf")
    assert "not bit for bit" in "".join(error.value for error in app.error)
    app.toggle(key="upload_convert_proven_1").set_value(False).run()
    assert not app.error
    assert "Not read back. Amplitudes were rounded by up to" in texts(app)

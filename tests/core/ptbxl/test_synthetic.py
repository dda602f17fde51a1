"""The synthetic set: physiology, ground truth, the folder's layout and its renewal."""

import ast
import hashlib
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from ecgcore.errors import CatalogError
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.vcg import DOWER, INFARCT_DIRECTIONS, SyntheticCase, heart_vector, simulate

# Limb leads whose ST segment falls while the territory's rises
RECIPROCAL = {"AMI": "III", "IMI": "aVL", "LMI": "III"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return synthetic.ensure(tmp_path_factory.mktemp("data") / "synthetic")


@pytest.fixture(scope="module")
def catalog(folder):
    return load_catalog(folder)


def noiseless_beat(case):
    """One beat in twelve leads, 1 kHz, R peak at sample 400, as a lead -> signal mapping."""
    t = np.arange(-0.4, 0.6, 0.001)
    i, ii, *chest = DOWER @ heart_vector(case, t, np.array([-5.0, 0.0, 5.0]))
    limb = [i, ii, ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2]
    return dict(zip(LEADS, [*limb, *chest], strict=True))


def st_levels(case, seed):
    """ST level 80 ms after R over the PR segment in mV, median over beats, from the recording."""
    signal = simulate(case, np.random.default_rng(seed))
    steepness = (np.diff(signal, axis=1) ** 2).sum(axis=0)
    peaks, _ = find_peaks(steepness, height=steepness.max() * 0.4, distance=40)
    peaks = peaks[(peaks > 10) & (peaks < 980)]
    assert abs(len(peaks) - case.heart_rate_bpm / 6) <= 1.5
    level = [
        signal[:, p + 8 : p + 11].mean(axis=1) - signal[:, p - 7 : p - 4].mean(axis=1)
        for p in peaks
    ]
    return dict(zip(LEADS, np.median(level, axis=0), strict=True))


class TestWaves:
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 2**32 - 1),
        code=st.sampled_from(["NORM", *INFARCT_DIRECTIONS]),
        severity=st.floats(0, 1),
        noise=st.sampled_from(["", "baseline_drift", "static_noise", "burst_noise"]),
        where=st.sampled_from(["I-AVF", "V1", "V6"]),
    )
    def test_einthoven_and_goldberger_hold_to_the_microvolt(
        self, seed, code, severity, noise, where
    ):
        case = SyntheticCase(code, severity, noise=noise, noise_leads=where)
        signal = simulate(case, np.random.default_rng(seed))
        assert signal.shape == (12, 1000)
        assert signal.dtype == np.float32
        microvolts = signal.astype(np.float64) * 1000
        i, ii, iii, avr, avl, avf = np.rint(microvolts[:6]).astype(int)
        np.testing.assert_allclose(microvolts, np.rint(microvolts), atol=1e-3)
        np.testing.assert_array_equal(i + iii, ii)
        np.testing.assert_array_equal(-2 * avr, i + ii)
        np.testing.assert_array_equal(2 * avl, 2 * i - ii)
        np.testing.assert_array_equal(2 * avf, 2 * ii - i)

    @pytest.mark.parametrize("axis_deg", [-32, -3, 25])
    @pytest.mark.parametrize("horizontal_deg", [-14, 0, 14])
    def test_a_normal_beat_has_the_polarities_of_a_normal_ecg(self, axis_deg, horizontal_deg):
        beat = noiseless_beat(SyntheticCase(axis_deg=axis_deg, horizontal_deg=horizontal_deg))
        p, qrs, t = slice(180, 340), slice(350, 470), slice(580, 720)
        for lead in ("I", "II", "V4", "V5", "V6"):
            assert beat[lead][p].max() > 0.02 > -0.01 > beat[lead][p].min() - 0.02, lead
            assert beat[lead][t].max() > 0.05, lead
            assert beat[lead][qrs].max() > abs(beat[lead][qrs].min()), lead
        for part in (p, qrs, t):
            assert abs(beat["aVR"][part].min()) > beat["aVR"][part].max()

    def test_r_grows_from_v1_to_v5_with_rs_in_v1_and_qr_in_v6(self):
        beat = noiseless_beat(SyntheticCase())
        qrs = slice(350, 470)
        r = [beat[f"V{k}"][qrs].max() for k in range(1, 6)]
        assert r == sorted(r)
        assert 0.1 < beat["V1"][qrs].max() < abs(beat["V1"][qrs].min()) / 2
        assert beat["V1"][qrs].argmax() < beat["V1"][qrs].argmin()
        before_r = beat["V6"][350:400]
        assert -0.3 < before_r[: before_r.argmax()].min() < -0.03
        assert 0.5 < beat["V6"][qrs].max() < 1.5
        assert 0.5 < beat["II"][qrs].max() < 1.8

    def test_intervals_of_a_normal_beat(self):
        beat = noiseless_beat(SyntheticCase(heart_rate_bpm=60))
        speed = np.linalg.norm([np.gradient(beat[lead], 0.001) for lead in LEADS], axis=0)
        fast = 300 + np.flatnonzero(speed[300:500] > 0.04 * speed.max())
        assert 0.080 <= (fast[-1] - fast[0]) / 1000 <= 0.110
        p_wave = np.flatnonzero(np.abs(beat["II"][: fast[0] - 10]) > 0.008)
        assert 0.14 <= (fast[0] - p_wave[0]) / 1000 <= 0.18
        t_end = 560 + np.flatnonzero(beat["V4"][560:] > 0.02)[-1]
        assert 0.36 <= (t_end - fast[0]) / 1000 <= 0.42

    def test_qt_shortens_with_the_rate(self):
        peaks = [
            noiseless_beat(SyntheticCase(heart_rate_bpm=bpm))["V4"][500:].argmax() + 500 - 360
            for bpm in (50, 72, 110)
        ]
        assert peaks[0] > peaks[1] > peaks[2]
        assert peaks[0] / peaks[2] == pytest.approx(np.sqrt(110 / 50), rel=0.03)

    def test_same_seed_same_bytes_and_another_seed_another_recording(self):
        case = SyntheticCase("IMI", 0.5, noise="burst_noise", noise_leads="V3")
        first, again, other = (simulate(case, np.random.default_rng(s)) for s in (5, 5, 6))
        assert first.tobytes() == again.tobytes()
        assert first.tobytes() != other.tobytes()

    def test_noise_is_heavy_only_where_it_is_declared(self):
        clean = simulate(SyntheticCase(), np.random.default_rng(2))
        noisy = simulate(
            SyntheticCase(noise="static_noise", noise_leads="V3"), np.random.default_rng(2)
        )
        roughness = np.diff(noisy - clean, 2, axis=1).std(axis=1)
        v3 = LEADS.index("V3")
        assert roughness[v3] > 0.05
        assert np.delete(roughness, v3).max() == 0


class TestInfarcts:
    @pytest.mark.parametrize("code", INFARCT_DIRECTIONS)
    def test_st_rises_in_the_territory_and_falls_opposite(self, code):
        case = SyntheticCase(code, 0.9, 100, freshness=0.7)
        healthy = st_levels(SyntheticCase(), 3)
        level = {lead: v - healthy[lead] for lead, v in st_levels(case, 3).items()}
        inside = [level[lead] for lead in TERRITORY_LEADS[case.territory]]
        assert min(inside) > 0.04
        assert 0.1 < max(inside) < 0.35
        if code in RECIPROCAL:
            assert level[RECIPROCAL[code]] < -0.03
        assert np.mean(inside) > 0.05 + np.mean(
            [v for lead, v in level.items() if lead not in TERRITORY_LEADS[case.territory]]
        )

    @pytest.mark.parametrize(
        ("code", "lead"), [("ASMI", "V2"), ("AMI", "V2"), ("IMI", "III"), ("LMI", "aVL")]
    )
    def test_a_clear_infarct_has_a_pathologic_q_and_an_inverted_t(self, code, lead):
        beat = noiseless_beat(SyntheticCase(code, 0.9, freshness=0.2))[lead]
        first_wave = beat[355:410]
        assert first_wave.max() < 0.1 or first_wave.argmin() < first_wave.argmax()
        assert np.count_nonzero(beat[350:430] < -0.05) >= 30
        assert beat[600:720].min() < -0.1

    def test_signs_grow_with_severity(self):
        sizes = [noiseless_beat(SyntheticCase("IMI", s))["III"][480] for s in (0, 0.2, 0.5, 1)]
        assert sizes == sorted(sizes)
        assert sizes[0] == pytest.approx(0, abs=0.01)
        assert 0 < sizes[1] < 0.06 < 0.12 < sizes[3] < 0.3

    def test_likelihood_follows_severity_with_scatter(self):
        records = synthetic.draw_records(600, np.random.default_rng(1))
        infarcts = pd.DataFrame(
            [(r.case.likelihood, r.case.severity) for r in records if r.case.territory],
            columns=["likelihood", "severity"],
        )
        groups = infarcts.groupby("likelihood")["severity"]
        assert list(groups.mean().index) == [15, 35, 50, 80, 100]
        assert groups.mean().is_monotonic_increasing
        assert infarcts["severity"].between(0.05, 1).all()
        assert groups.max()[35] > groups.min()[50]


class TestSet:
    def test_each_fold_has_its_share_of_each_group(self, catalog):
        counts = catalog.frame.groupby(["split", "group"]).size()
        for split in ("val", "test"):
            assert counts[split, "pure_normal"] >= 12
            assert counts[split, "certain_mi"] >= 6
            assert counts[split, "uncertain_mi"] >= 6
        assert len(catalog.frame) == 240
        assert catalog.frame.groupby("strat_fold").size().between(20, 27).all()
        infarcts = catalog.frame.query("split == 'test' and territory != ''")
        assert set(infarcts["territory"]) == set(TERRITORY_LEADS)
        assert set(infarcts["mi_likelihood"]) == {15, 35, 50, 80, 100}

    def test_a_patient_stays_in_one_fold_with_one_diagnosis(self, catalog):
        per_patient = catalog.frame.groupby("patient_id")
        assert (per_patient.size() == 2).sum() >= 10
        assert per_patient["strat_fold"].nunique().max() == 1
        assert per_patient["territory"].nunique().max() == 1

    def test_the_table_reads_like_ptb_xl(self, folder, catalog):
        raw = pd.read_csv(folder / "ptbxl_database.csv")
        assert len(raw.columns) == 28
        assert list(raw.columns[:5]) == ["ecg_id", "patient_id", "age", "sex", "height"]
        assert list(raw["ecg_id"]) == list(range(1, 241))
        codes = raw["scp_codes"].map(ast.literal_eval)
        assert all(isinstance(v, float) for cell in codes for v in cell.values())
        assert raw["report"].str.startswith("synthetic: sinus ").all()
        assert raw["validated_by_human"].mean() > 0.9
        assert (catalog.codes["kind"] != "").all()
        assert catalog.synthetic
        noisy = raw[raw["static_noise"].notna()]
        assert noisy["static_noise"].str.fullmatch(r" , (I-AVF|V[1-6]),  ").all()
        assert len(noisy)

    def test_the_rate_in_the_code_is_the_rate_in_the_signal(self, folder, catalog):
        rhythm = catalog.codes[catalog.codes["kind"] == "rhythm"].set_index("ecg_id")["code"]
        for code, low, high in (("SBRAD", 44, 62), ("STACH", 98, 122)):
            ecg_id = rhythm.index[rhythm == code][0]
            signal = read_wfdb(catalog.record_path(ecg_id)).signal
            steepness = (np.diff(signal, axis=1) ** 2).sum(axis=0)
            peaks, _ = find_peaks(steepness, height=steepness.max() * 0.3, distance=30)
            assert low < 6000 / np.diff(peaks).mean() < high

    def test_wfdb_reads_every_record_back(self, folder, catalog):
        for ecg_id in catalog.frame.index[::16]:
            path = catalog.record_path(ecg_id)
            raw = wfdb.rdrecord(str(path), physical=False)
            assert raw.fs == 100
            assert raw.d_signal.shape == (1000, 12)
            assert raw.sig_name == [
                "I",
                "II",
                "III",
                "AVR",
                "AVL",
                "AVF",
                *(f"V{k}" for k in range(1, 7)),
            ]
            assert raw.checksum == [c % 65536 for c in raw.calc_checksum()]
            assert raw.init_value == list(raw.d_signal[0])
            physical = wfdb.rdrecord(str(path)).p_signal
            np.testing.assert_allclose(physical * 1000, raw.d_signal, atol=1e-9)
            assert np.abs(physical).max() < 4
            np.testing.assert_array_equal(read_wfdb(path).signal, physical.T.astype(np.float32))

    def test_same_seed_same_files(self, tmp_path):
        def digest(name, seed):
            synthetic.generate(tmp_path / name, 24, seed)
            files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
            assert len(files) == 24 * 2 + 3
            return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()

        assert digest("a", 1) == digest("b", 1)
        assert digest("c", 2) != digest("a", 1)


class TestEnsure:
    @pytest.fixture
    def small(self, monkeypatch):
        full = synthetic.generate
        monkeypatch.setattr(synthetic, "generate", lambda folder: full(folder, n_records=8))

    def test_keeps_a_finished_set(self, tmp_path, small):
        table = synthetic.ensure(tmp_path / "set") / "ptbxl_database.csv"
        written = table.stat().st_mtime_ns
        synthetic.ensure(tmp_path / "set")
        assert table.stat().st_mtime_ns == written

    def test_draws_a_half_written_set_again(self, tmp_path, small, monkeypatch):
        target = tmp_path / "set"
        with monkeypatch.context() as broken:
            broken.setattr(synthetic, "_table", lambda records: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                synthetic.generate(target)
        assert (target / "records100").exists()
        assert not synthetic.is_synthetic(target)
        (target / "records100/00000/00001_lr.dat").write_bytes(b"")
        synthetic.ensure(target)
        assert synthetic.is_synthetic(target)
        assert len(load_catalog(target).frame) == 8
        assert (target / "records100/00000/00001_lr.dat").stat().st_size == 24_000
        assert [p.name for p in tmp_path.iterdir()] == ["set"]

    @pytest.mark.parametrize(
        "lost", ["scp_statements.csv", "ptbxl_database.csv", "records100/00000/00001_lr.dat"]
    )
    def test_draws_a_set_again_that_lost_a_file(self, tmp_path, small, lost):
        target = synthetic.ensure(tmp_path / "set")
        (target / lost).unlink()
        synthetic.ensure(target)
        assert (target / lost).exists()

    def test_draws_a_set_of_another_version_again(self, tmp_path, small, monkeypatch):
        target = synthetic.ensure(tmp_path / "set")
        monkeypatch.setattr(synthetic, "VERSION", "later")
        synthetic.ensure(target)
        assert "later" in (target / "SYNTHETIC.txt").read_text()

    def test_a_race_leaves_one_whole_set(self, tmp_path, small, monkeypatch):
        target, both = tmp_path / "set", threading.Barrier(2)
        one_set = synthetic.generate

        def together(folder: Path) -> None:
            one_set(folder)
            both.wait(10)

        monkeypatch.setattr(synthetic, "generate", together)
        failures = []

        def run() -> None:
            try:
                synthetic.ensure(target)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(load_catalog(target).frame) == 8
        assert [p.name for p in tmp_path.iterdir()] == ["set"]

    def test_never_replaces_files_of_others(self, tmp_path, small):
        (tmp_path / "RECORDS").write_text("real")
        with pytest.raises(CatalogError, match="holds RECORDS"):
            synthetic.ensure(tmp_path)
        assert (tmp_path / "RECORDS").read_text() == "real"

    def test_names_the_folder_it_cannot_write(self, tmp_path, small):
        (tmp_path / "file").write_text("")
        with pytest.raises(CatalogError, match="cannot be written"):
            synthetic.ensure(tmp_path / "file" / "set")

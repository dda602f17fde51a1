"""Examples in docstrings run, and every entry point of the package has one."""

import ast
import doctest
import importlib

import pytest

from tests.support.paths import PROJECT

WITH_EXAMPLES = [
    file.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")
    for folder in ("ecgcore", "pages")
    for file in sorted((PROJECT / folder).rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]
ENTRY_POINTS = {
    "ecgcore/io/recordings.py": ("read_file", "read_upload"),
    "ecgcore/signals/measure/measure.py": ("measure",),
    "ecgcore/signals/quality.py": ("assess",),
    "ecgcore/ptbxl/catalog.py": ("load_catalog",),
    "ecgcore/ptbxl/search.py": ("search",),
    "ecgcore/ptbxl/store.py": ("open_recordings",),
    "ecgcore/stats/metrics.py": ("evaluate",),
    "ecgcore/stats/calibration/calibrators.py": ("fit",),
    "ecgcore/stats/calibration/corp.py": ("corp",),
    "ecgcore/stats/reliability_curve.py": ("reliability_curve",),
    "ecgcore/stats/comparison/delong.py": ("delong",),
    "ecgcore/stats/comparison/paired_bootstrap.py": ("paired_bootstrap",),
    "ecgcore/stats/agreement/pairs.py": ("pair_agreement",),
    "ecgcore/stats/agreement/everyone.py": ("everyone_agreement",),
    "ecgcore/stats/mrmc/analysis.py": ("analyse",),
    "ecgcore/stats/mrmc/power.py": ("power",),
    "ecgcore/stats/conformal.py": ("fit",),
    "ecgcore/stats/decision_curve.py": ("decision_curve", "net_benefit"),
    "ecgcore/stats/thresholds.py": ("operating_point", "threshold_for_sensitivity"),
    "ecgcore/figures/ecg_paper.py": ("ecg_figure",),
    "ecgcore/predictions/store.py": ("load_predictions",),
    "ecgcore/report/printout.py": ("printout_pdf",),
    "ecgcore/tasks/mi.py": ("training_ids",),
    "ecgcore/tasks/registry.py": ("task_named",),
}
"""What a user of the package calls."""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name), report=True)
    assert done.attempted > 0
    assert done.failed == 0


@pytest.mark.parametrize("path", ENTRY_POINTS)
def test_an_entry_point_has_an_example(path: str) -> None:
    tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
    documented = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and ">>> " in (ast.get_docstring(node) or "")
    }
    assert set(ENTRY_POINTS[path]) <= documented

"""What a blind reader must not get: words of a case's label, report, patient and predictions."""

import re

from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.wording.records import LABEL_GROUPS, TERRITORIES

_SIGNAL = re.compile(r'\\*"bdata\\*":\s*\\*"[^"]*"')
_ON_THE_PAGE = {"CLBBB", "AFIB", "synthetic", "rhythm", "infarct", *TERRITORIES}
"""What the form, the paper and the mark of synthetic records say about every case."""
_LONG = 6
Secret = tuple[str, str]


def secrets_of(entry: CatalogEntry) -> list[Secret]:
    """List what belongs to the answers, by kind."""
    codes = {one.code for one in entry.statements} - _ON_THE_PAGE
    report = set(re.findall(r"[^\W\d_]{6,}", entry.report))
    found = [("code", code) for code in codes]
    found += [("meaning", one.description) for one in entry.statements if one.description]
    found += [("report", word) for word in report - _ON_THE_PAGE]
    found += [("patient", entry.age), ("patient", f"patient {entry.patient_id}")]
    found += [("label group", LABEL_GROUPS[entry.group])]
    found += [("date", entry.recording_date)] if entry.recording_date else []
    return found + [("model", name) for name in ("CNN-BiLSTM", "BiMamba-2", "ensembles")]


def found_on(wire: str, secrets: list[Secret]) -> list[Secret]:
    """Return those that stand on the wire; drawn signals, in base64, are left out.

    Short words must stand alone. Long ones need not: in Arrow's tables the texts of a column follow
    each other without a gap.
    """
    text = _SIGNAL.sub("", wire)
    return [(kind, word) for kind, word in secrets if _pattern(word).search(text)]


def _pattern(word: str) -> re.Pattern[str]:
    plain = re.escape(word)
    long = len(word) >= _LONG
    return re.compile(plain if long else rf"(?<!\w){plain}(?!\w)", re.IGNORECASE)

"""Write an HL7 annotated ECG (aECG, HL7 v3): a rhythm, a random identifier, nobody's name."""

import uuid

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.written.steps import MISSING, Whole, whole
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

_ACT = 'codeSystem="2.16.840.1.113883.5.4" codeSystemName="ActCode"'
_MDC = 'codeSystem="2.16.840.1.113883.6.24" codeSystemName="MDC"'
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<AnnotatedECG xmlns="urn:hl7-org:v3" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="Observation">'
    '<id root="{}"/><code code="93000" codeSystem="2.16.840.1.113883.6.12" '
    'codeSystemName="CPT-4"/><effectiveTime nullFlavor="MSK"/>'
)


def aecg_bytes(record: EcgRecord) -> tuple[bytes, float]:
    """Return one file, and the largest difference in mV.

    Raises
    ------
    RecordError
        If samples are missing, for which the format has no code.
    """
    leads = [whole(lead, _rebuild) for lead in record.recorded]
    if any((lead.units == MISSING).any() for lead in leads):
        raise RecordError(
            "aECG has no way to say that samples are missing. Choose npz, csv or wfdb."
        )
    time = (
        f'<component><sequence><code code="TIME_RELATIVE" {_ACT}/><value xsi:type="GLIST_PQ">'
        f'<head value="0" unit="s"/><increment value="{1 / record.fs_hz:.12g}" unit="s"/>'
        "</value></sequence></component>"
    )
    sequences = "".join(_sequence(name, lead) for name, lead in zip(LEADS, leads, strict=True))
    text = (
        f'{_HEAD.format(uuid.uuid4())}<component><series type="Observation">'
        f'<code code="RHYTHM" {_ACT}/><effectiveTime nullFlavor="MSK"/><component><sequenceSet>'
        f"{time}{sequences}</sequenceSet></component></series></component></AnnotatedECG>\n"
    )
    return text.encode(), max(lead.error_mv for lead in leads)


def _rebuild(units: NDArray[np.int64], step_mv: float) -> NDArray[np.float64]:
    return np.asarray(units.astype(np.float64) * (float(_scale(step_mv)) * 1e-3), np.float64)


def _scale(step_mv: float) -> str:
    return f"{step_mv * 1000:.12g}"


def _sequence(name: str, lead: Whole) -> str:
    return (
        f'<component><sequence><code code="MDC_ECG_LEAD_{name.upper()}" {_MDC}/>'
        f'<value xsi:type="SLIST_PQ"><origin value="0" unit="uV"/>'
        f'<scale value="{_scale(lead.step_mv)}" unit="uV"/>'
        f"<digits>{' '.join(map(str, lead.units.tolist()))}</digits></value></sequence></component>"
    )

"""Write a FHIR Observation with SampledData, R4 or R5; codes as in HL7's own example of an ECG."""

import json
from typing import Any

import numpy as np

from ecgcore.io.written.steps import MISSING, Whole, whole
from ecgcore.leads import LEAD_CODES, LEADS
from ecgcore.records import EcgRecord

_MDC = "urn:oid:2.16.840.1.113883.6.24"
_POTENTIAL = 131328
_CODES = {lead: code for code, lead in LEAD_CODES.items()}
_UCUM = "http://unitsofmeasure.org"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def fhir_bytes(record: EcgRecord, release: str = "R4") -> tuple[bytes, float]:
    """Return one resource as JSON, and the largest difference in mV.

    Parameters
    ----------
    release
        "R4" or "R5", which name the time between samples otherwise.
    """
    leads = [whole(lead) for lead in record.recorded]
    parts = [
        {
            "code": _coding(_POTENTIAL + _CODES[name], f"MDC_ECG_ELEC_POTL_{name.upper()}"),
            "valueSampledData": _sampled(lead, record.fs_hz, release),
        }
        for name, lead in zip(LEADS, leads, strict=True)
    ]
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "procedure"}]}],
        "code": _coding(_POTENTIAL, "MDC_ECG_ELEC_POTL"),
        "component": parts,
    }
    return json.dumps(resource).encode(), max(lead.error_mv for lead in leads)


def _coding(code: int, display: str) -> dict[str, Any]:
    return {"coding": [{"system": _MDC, "code": str(code), "display": display}]}


def _sampled(lead: Whole, fs_hz: int, release: str) -> dict[str, Any]:
    """Return samples as whole numbers; E stands for one that is missing."""
    step_ms = float(f"{1000 / fs_hz:.12g}")
    step = {"period": step_ms} if release == "R4" else {"interval": step_ms, "intervalUnit": "ms"}
    words = np.where(lead.units == MISSING, "E", lead.units.astype(str))
    return {
        "origin": {"value": 0, "unit": "mV", "system": _UCUM, "code": "mV"},
        **step,
        "factor": float(f"{lead.step_mv:.12g}"),
        "dimensions": 1,
        "data": " ".join(words),
    }

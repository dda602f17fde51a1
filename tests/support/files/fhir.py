"""FHIR R4's published JSON schema: what Observation, DiagnosticReport and Bundle need of it.

Cut out of ``fhir.schema.json`` 4.0 (HL7, CC0), its descriptions left out.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("fhir-r4.schema.json").read_text())
    return schema


def faults_of_r4(resource: dict[str, Any]) -> list[str]:
    """Return what the schema finds wrong with a resource."""
    import jsonschema

    target = f"#/definitions/{resource['resourceType']}"
    validator = jsonschema.Draft6Validator({**_schema(), "$ref": target})
    return [error.message for error in validator.iter_errors(resource)]

"""Commits a reading in a page that `AppTest` runs, as the form's own JavaScript does."""

import json
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

NOTHING_MORE: dict[str, Any] = {
    "confidence": None,
    "territories": [],
    "infarct_age": "",
    "statements": "",
    "text": "",
    "calipers": [],
    "seconds": 12.5,
}


def form_data(app: AppTest, key: str = "reading") -> dict[str, Any]:
    """Return what the form on the page was given."""
    return dict(json.loads(_form(app, key).json))


def commit(app: AppTest, key: str = "reading", **said: object) -> AppTest:
    """Send a reading, by default of the case that the form shows, and run the page."""
    form = _form(app, key)
    shown = {"token": json.loads(form.json)["token"]}
    payload = [{"event": "commit", "value": NOTHING_MORE | shown | said}]
    states = app._tree.get_widget_states()
    trigger = WidgetState(
        id=_make_trigger_id(form.id, "events"), json_trigger_value=json.dumps(payload)
    )
    states.widgets.append(trigger)
    return app._run(states)


def _form(app: AppTest, key: str) -> Any:
    found = [one.proto for one in app.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    assert found, f"no form {key} on the page"
    return found[0]

"""`baton form health`: what scoring tells of forms, and its exit code."""

import json
from typing import Any

from tests.unit.cli.conftest import Run, Services

ALERT: dict[str, Any] = {
    "alert": "field_renamed",
    "form": "demo",
    "subject": "[Baton] email seems to have been renamed to correo on form demo",
    "text": 'Form demo: email has come empty once.\n\nWhat to do:\n  Add "correo" to `from`\n',
}
AT = "2026-03-06T17:18:00+00:00"


def summary(form: str, alerts: list[dict[str, Any]], last_at: str | None = AT) -> dict[str, Any]:
    return {
        "form": form,
        "name": "Demo",
        "status": "active",
        "first_at": last_at,
        "last_at": last_at,
        "submissions": 26,
        "quarantined": 1,
        "alert_on_silence": True,
        "alerts": alerts,
    }


ONE = summary("demo", [ALERT]) | {
    "silence": {"pattern": False, "expected_since_last": None, "usual": None, "too_long": False},
    "fields": [
        {
            "field": "email",
            "read_from": ["email"],
            "fill_rate": 0.96,
            "usual_fill_rate": 1.0,
            "empty_running": 1,
            "empty_since": AT,
        }
    ],
    "unmapped": [{"field": "correo", "looks_like": "email", "count": 1, "first_at": AT, "last_at": AT}],
}


def test_every_form_has_a_line_and_trouble_is_an_exit_code(services: Services, baton: Run) -> None:
    answer = {"forms": [summary("demo", [ALERT]), summary("new", [], None)]}
    services.answer("GET /v1/forms/health", answer)
    told = baton("form", "health")
    assert told.exit_code == 1
    assert "email seems to have been renamed to correo on form demo" in told.stdout
    assert "never" in told.stdout
    services.answer("GET /v1/forms/health", {"forms": [summary("new", [], None)]})
    assert baton("form", "health").exit_code == 0


def test_one_form_is_told_field_by_field_with_what_to_do(services: Services, baton: Run) -> None:
    services.answer("GET /v1/forms/demo/health", ONE)
    told = baton("form", "health", "demo")
    assert told.exit_code == 1
    for words in ("96%", "100%", "correo", "not watched yet", 'Add "correo" to `from`'):
        assert words in told.stdout
    assert json.loads(baton("form", "health", "demo", "--json").stdout) == ONE

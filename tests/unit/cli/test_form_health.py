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
    told = baton("form", "health")
    assert (told.exit_code, "1 wait: baton quarantine list --form new" in told.stdout) == (0, True)
    assert "well" not in told.stdout


def test_one_form_is_told_field_by_field_with_what_to_do(services: Services, baton: Run) -> None:
    services.answer("GET /v1/forms/demo/health", ONE)
    told = baton("form", "health", "demo")
    assert told.exit_code == 1
    for words in ("96%", "100%", "correo", "not watched yet", 'Add "correo" to `from`'):
        assert words in told.stdout
    told_whole = json.loads(baton("form", "health", "demo", "--json").stdout)
    assert told_whole == ONE | {"faults": [], "refused": None}


def test_values_that_could_not_be_used_are_told(services: Services, baton: Run) -> None:
    unread = [{"flag": "country:unknown", "submissions": 3, "last_at": AT}]
    services.answer("GET /v1/forms/demo/health", ONE | {"unread": unread})
    told = baton("form", "health", "demo").stdout
    assert "country:unknown  3            2026-03-06 17:18:00 UTC" in told
    services.answer("GET /v1/forms/demo/health", ONE | {"unread": []})
    assert "could not be used" not in baton("form", "health", "demo").stdout


def test_a_form_whose_secret_is_missing_at_intake_is_not_well(services: Services, baton: Run) -> None:
    services.answer("GET /v1/forms/health", {"forms": [summary("demo", []), summary("new", [], None)]})
    services.answer("GET /v1/forms/demo/health", ONE | {"alerts": []})
    detail = "form demo: the secret 'hook' has no value: set BATON_SECRET_HOOK. Until then posts wait."
    form = {"form": "demo", "signature": "meta", "lacks": [{"detail": detail}], "unproven": None}
    services.answer("GET /v1/forms", {"forms": [form]})
    for words in (("form", "health"), ("form", "health", "demo")):
        told = baton(*words)
        assert (told.exit_code, detail in told.stdout) == (1, True)
    assert json.loads(baton("form", "health", "demo", "--json").stdout)["faults"] == [detail]
    refused = {"posts": 7, "since": AT, "proof": "wrong"}
    services.answer("GET /v1/forms", {"forms": [form | {"lacks": [], "unproven": refused}]})
    told = baton("form", "health")
    assert told.exit_code == 0
    assert "its last 7 posts were refused (401, proof wrong)" in told.stdout


def test_a_form_that_only_files_feed_says_what_came_from_them(services: Services, baton: Run) -> None:
    imported = {"files": 1, "rows": 80, "last_at": AT}
    fed = summary("fair", [], None) | {"submissions": 0, "quarantined": 0, "imported": imported}
    said = "80 rows of 1 file, last 2026-03-06 17:18:00 UTC"
    services.answer("GET /v1/forms/health", {"forms": [fed, summary("new", [], None)]})
    told = baton("form", "health").stdout
    assert "from files" in told.partition("\n")[0]
    assert said in told
    services.answer("GET /v1/forms/fair/health", ONE | fed)
    assert said in baton("form", "health", "fair").stdout
    services.answer("GET /v1/forms/health", {"forms": [summary("new", [], None)]})
    assert "from files" not in baton("form", "health").stdout


def test_an_alert_says_whether_anybody_was_told(services: Services, baton: Run) -> None:
    missing = "e-mail needs BATON_SMTP_URL and BATON_SMTP_FROM"
    waits = {"channel": "email", "state": "pending", "outcome": "misconfigured", "detail": missing}
    new = {"channel": "email", "state": "pending", "outcome": None, "detail": None}
    there = {"channel": "webhook", "state": "delivered", "outcome": "delivered", "ended_at": AT}
    gone = {"channel": "webhook", "state": "given_up", "outcome": "out_of_time", "detail": None}
    services.answer(
        "GET /v1/forms/demo/health", ONE | {"alerts": [ALERT | {"deliveries": [waits, new, there, gone]}]}
    )
    told = baton("form", "health", "demo").stdout
    for line in (
        f"Told by email: waits, misconfigured: {missing}",
        "Told by email: waits, not tried yet",
        "Told by webhook: arrived 2026-03-06 17:18:00 UTC",
        "Told by webhook: given up, out of time",
    ):
        assert line in told
    services.answer("GET /v1/forms/demo/health", ONE)
    assert "Nobody was told: alerts.yaml" in baton("form", "health", "demo").stdout

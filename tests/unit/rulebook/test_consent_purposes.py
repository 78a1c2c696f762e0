"""A form may ask for consents to further purposes, each by a box of its own."""

from typing import Any

import pytest

from rulebook.form_explain import explain
from rulebook.mapping import map_submission
from rulebook.models import Form

FORM = Form.model_validate(
    {
        "name": "Demo",
        "key": "demo-form-1",
        "source": "web",
        "fields": {"email": "email"},
        "consent_field": "privacy",
        "consent_purposes": {"partners": "share", "events": "invite"},
    }
)


@pytest.mark.parametrize(
    ("fields", "consent"),
    [
        pytest.param({"privacy": "on"}, {"given": True, "purposes": []}, id="none ticked"),
        pytest.param(
            {"privacy": "on", "share": "yes"}, {"given": True, "purposes": ["partners"]}, id="one ticked"
        ),
        pytest.param(
            {"privacy": "on", "share": ["no", "sí"], "invite": "1"},
            {"given": True, "purposes": ["partners", "events"]},
            id="both, one with a hidden no before it",
        ),
        pytest.param({"share": "yes"}, {"given": False, "purposes": ["partners"]}, id="without the first"),
    ],
)
def test_each_box_that_is_ticked_is_a_purpose(fields: dict[str, Any], consent: dict[str, Any]) -> None:
    mapped = map_submission(FORM, {"email": "ana@example.com", **fields})
    assert mapped.consent == consent
    assert mapped.profile["attributes"] == {}, "a box is no attribute"


def test_a_form_that_asks_for_no_purpose_says_nothing_about_any() -> None:
    plain = FORM.model_copy(update={"consent_purposes": {}})
    assert map_submission(plain, {"email": "a@b.com", "privacy": "on"}).consent == {"given": True}


def test_explain_tells_what_a_box_becomes() -> None:
    rows = explain(FORM, {"email": "a@b.com", "privacy": "on", "share": "yes"})
    assert "agreed to partners" in str(rows)

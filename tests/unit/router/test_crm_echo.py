"""A contact that a CRM tells of is our own if we said it: by what was sent, or by the very same words."""

import pytest

from router.crm.echo import Contact, Telling, comes_back
from rulebook.models import CrmRequest

REACHED = Contact("phone", "reached")
STATUS = CrmRequest(on=["contacted"], path="/c", body={"properties": {"hs_lead_status": "IN_PROGRESS"}})
NAMED = CrmRequest(on=["contacted"], path="/c", body=[{"note": "{act.result?}", "kind": "{event.kind}"}])


@pytest.mark.parametrize(
    ("sentence", "words", "contact", "request_", "is_ours"),
    [
        ("the value we set", ["hs_lead_status", "IN_PROGRESS"], Contact("other", "attempt"), STATUS, True),
        ("in other letters", ["HS_LEAD_STATUS", "in_progress"], Contact("other", "attempt"), STATUS, True),
        ("another value of it", ["hs_lead_status", "CONNECTED"], Contact("other", "attempt"), STATUS, False),
        ("what the rep said, filled in", ["contacted", "reached"], Contact("other", "x"), NAMED, True),
        (
            "the very same contact, whatever it is known by",
            ["call"],
            Contact("Phone", "reached"),
            STATUS,
            True,
        ),
        ("nothing to know it by", [], Contact("other", "attempt"), STATUS, False),
        ("a request that is no more", ["hs_lead_status"], Contact("other", "attempt"), None, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_by_what_a_contact_is_our_own(
    sentence: str, words: list[str], contact: Contact, request_: CrmRequest | None, is_ours: bool
) -> None:
    assert comes_back(words, contact, [Telling(REACHED, request_)], come_back=0) is is_ours
    assert not comes_back(words, contact, [Telling(REACHED, request_)], come_back=1), "each comes back once"
    assert not comes_back(words, contact, [], come_back=0), "nothing was told"

"""The value that intake writes is what the typed event would write."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain.json_body import decode_json
from intake.domain.refusals import Refusal
from intake.domain.submission import Read, checked, event_json, unmapped
from intake.domain.text import check_value
from intake.domain.verdict import ACCEPTED, quarantined
from lead_events import Attribution, Consent, LeadSubmitted, Profile, Receipt
from lead_events.words import QuarantineReason
from rulebook.consent import consent_record
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form

_PLAIN = ["email", "phone", "name", "employees", "country", "message"]
NOON = datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)
RECEIPT = Receipt(instance="intake-1", number=7, voided=[5])
FORM = Form.model_validate(
    {
        "name": "Demo",
        "key": "pk_demo_1",
        "source": "website",
        "campaign": "spring",
        "consent_field": "privacy",
        "consent_version": "2026-01",
        "vendor_time": "at",
        "test_flag": "test",
        "fields": {
            **{
                name: {"from": name} for name in ("email", "phone", "name", "employees", "country", "message")
            },
            "attributes.size": {"from": "size", "as": "number"},
        },
    }
)


def read(fields: dict[str, Any], **more: Any) -> Read:
    known: dict[str, Any] = {
        "form_id": "demo",
        "form": FORM,
        "rulebook_version": 3,
        "submission_id": UUID(int=1),
        "fingerprint": "a" * 64,
        "key": None,
        "key_origin": None,
        "received_at": NOON,
        "fields": fields,
        "mapped": map_submission(FORM, fields, NOON),
        "verdict": ACCEPTED,
    }
    return Read(**known | more)


def typed(it: Read, spooled_at: datetime | None = None) -> LeadSubmitted:
    """The same submission as the event's models."""
    mapped = it.mapped
    act = mapped.occurred_at or it.received_at
    consent = consent_record(mapped.consent, it.form, it.form_id, at=act)
    return LeadSubmitted(
        submission_id=it.submission_id,
        form_id=it.form_id,
        lines=mapped.lines,
        source=it.form.source,
        campaign=it.form.campaign,
        key=it.key,
        key_origin=it.key_origin,
        fingerprint=it.fingerprint,
        received_at=it.received_at,
        occurred_at=mapped.occurred_at,
        fields=it.fields,
        raw=None if it.raw is None else base64.b64encode(it.raw).decode("ascii"),
        profile=Profile(**mapped.profile),
        typed=mapped.typed or None,
        flags=[*it.flags, *mapped.flags],
        unmapped=mapped.unmapped or None,
        attribution=Attribution(**mapped.attribution),
        consent=None if consent is None else Consent(**consent),
        explicit_ask=it.form.explicit_ask,
        verdict=it.verdict,
        is_test=mapped.is_test,
        visitor=mapped.visitor,
        spooled_at=spooled_at,
        receipt=RECEIPT,
        rulebook_version=it.rulebook_version,
    )


def assert_same(it: Read, spooled_at: datetime | None = None) -> None:
    written = event_json(it, RECEIPT, spooled_at)
    assert orjson.loads(written) == orjson.loads(typed(it, spooled_at).to_json())
    assert LeadSubmitted.model_validate_json(written, strict=True) == typed(it, spooled_at)


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
_SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXT,
    st.sampled_from(["ana@example.com", "+34 600 000 001", "10-50", "Spain", "2026-03-02T10:00:00Z", "yes"]),
)
_VALUE = st.recursive(
    _SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
)
_NAMES = [*_PLAIN, "size", "privacy", "at", "test"]


@given(st.dictionaries(st.sampled_from([*_NAMES, "utm_source", "referrer"]) | _TEXT, _VALUE, max_size=10))
def test_any_submission_is_written_as_the_typed_event_writes_it(fields: dict[str, Any]) -> None:
    assert_same(read(fields))
    assert_same(read(fields, key="k-1", key_origin="header", flags=("file_ignored",)), spooled_at=NOON)


def test_a_submission_in_quarantine_is_written_as_the_typed_event_writes_it() -> None:
    verdict = quarantined(QuarantineReason.UNREADABLE, "no JSON")
    assert_same(read({}, mapped=unmapped(FORM), verdict=verdict, raw=b"\xff\x00"))


def test_a_profile_that_its_types_refuse_is_left_out_and_waits_in_quarantine() -> None:
    wrong = Mapped(profile={"email": "ana@example.com", "employees": -1, "attributes": {}}, lines=["main"])
    found = checked(read({"employees": -1}, mapped=wrong))
    assert found.verdict.reason is QuarantineReason.MAPPING_ERROR
    assert (found.verdict.detail or "").startswith("profile.employees: ")
    assert found.mapped.profile == {}
    assert found.fields == {"employees": -1}
    assert_same(found)


@given(st.dictionaries(_TEXT, _VALUE, max_size=4), st.booleans())
def test_a_body_that_needs_no_walk_holds_nothing_that_a_walk_would_find(
    fields: dict[str, Any], escaped: bool
) -> None:
    body = orjson.dumps(fields)
    if escaped:
        body = body.replace(b"a", b"\\u0000")
    try:
        found = decode_json(body)
    except Refusal:
        return
    check_value(found, "")


@pytest.mark.parametrize("bracket", [b'{"a":', b"["])
def test_nesting_is_counted_where_brackets_are_many(bracket: bytes) -> None:
    close = b"}" if bracket.startswith(b"{") else b"]"
    deepest = b'{"f":' + bracket * 31 + b"1" + close * 31 + b"}"
    assert decode_json(deepest)
    with pytest.raises(Refusal, match="nested deeper"):
        decode_json(b'{"f":' + bracket * 32 + b"1" + close * 32 + b"}")


def test_consent_says_which_words_when_on_which_form_and_from_which_source() -> None:
    form = FORM.model_copy(update={"consent_text": "Call me.", "consent_version": "2026-01"})
    fields = {"email": "ana@example.com", str(form.consent_field): "yes"}
    it = read(fields, form=form, mapped=map_submission(form, fields, NOON))
    assert orjson.loads(event_json(it, RECEIPT))["consent"] == {
        "given": True,
        "text_version": "2026-01",
        "text": "Call me.",
        "at": NOON.isoformat().replace("+00:00", "Z"),
        "form_id": "demo",
        "source": form.source,
    }


def test_consent_names_the_further_purposes_whose_boxes_were_ticked() -> None:
    form = FORM.model_copy(update={"consent_purposes": {"partners": "share", "events": "invite"}})
    fields = {"email": "ana@example.com", "privacy": "yes", "share": "on"}
    it = read(fields, form=form, mapped=map_submission(form, fields, NOON))
    written = orjson.loads(event_json(it, RECEIPT))
    assert written["consent"]["purposes"] == ["partners"]
    assert LeadSubmitted.model_validate(written).consent == typed(it).consent

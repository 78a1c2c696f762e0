"""Events as Kafka records: what goes in comes out, and a bad record is refused with a plain reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lead_events import EVENT_OF_VERSION, LeadProgressed, LeadRouted, LeadScored, codec
from lead_events.catalog import TopicVersion, UnknownTopic, topic
from lead_events.cloudevents import REQUIRED_HEADERS, Attributes, event_type
from lead_events.codec import Undecodable, WrongEvent, decode, encode

EXAMPLES = Path(__file__).resolve().parents[3] / "schemas" / "examples"
ID = UUID("0f0e0d0c-0b0a-5908-8706-050403020100")
NOON = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

SCORED_JSON = (EXAMPLES / "lead-scored/valid/perfect-quote-request.json").read_bytes()
SCORED = LeadScored.model_validate_json(SCORED_JSON)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _record(**changes: Any) -> tuple[list[tuple[str, bytes]], bytes]:
    call: dict[str, Any] = {
        "id": ID,
        "source": "scoring",
        "time": NOON,
        "subject": str(SCORED.lead_id),
        "topic": "lead-scored",
        "traceparent": TRACE,
    }
    return encode(SCORED, **(call | changes))


def _with(headers: list[tuple[str, bytes]], name: str, value: bytes | None) -> list[tuple[str, bytes]]:
    rest = [header for header in headers if header[0] != name]
    return rest if value is None else [*rest, (name, value)]


def test_attributes_and_event_come_back_as_they_went() -> None:
    attributes, event = decode("lead-scored", *_record())
    assert event == SCORED
    assert attributes == Attributes(
        ID, "baton.lead-scored.v1", "scoring", NOON, str(SCORED.lead_id), traceparent=TRACE
    )


def test_the_headers_are_those_of_cloudevents_in_binary_mode() -> None:
    headers, _ = _record(traceparent=None)
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": str(ID).encode(),
        "ce_type": b"baton.lead-scored.v1",
        "ce_source": b"scoring",
        "ce_time": b"2026-02-03T12:00:00+00:00",
        "ce_subject": str(SCORED.lead_id).encode(),
        "content-type": b"application/json",
    }


@pytest.mark.parametrize("name", REQUIRED_HEADERS)
def test_a_missing_or_empty_header_is_named(name: str) -> None:
    headers, value = _record()
    for without in (_with(headers, name, None), _with(headers, name, b"")):
        with pytest.raises(Undecodable) as refused:
            decode("lead-scored", without, value)
        assert refused.value.reason == f"header {name} is missing"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("ce_specversion", "0.3", "header ce_specversion is not 1.0"),
        ("ce_id", "ana.pereira@example.com", "header ce_id is not a UUID"),
        ("ce_time", "on Tuesday", "header ce_time is not an RFC 3339 time"),
        ("ce_time", "2026-02-03T12:00:00", "header ce_time has no offset"),
        ("content-type", "application/cloudevents+json", "header content-type is not application/json"),
        ("ce_type", "baton.lead-routed.v1", "expected baton.lead-scored.v1"),
        ("ce_type", "baton.lead-scored.v9", "expected baton.lead-scored.v1"),
    ],
)
def test_an_unreadable_header_is_refused_without_quoting_it(name: str, text: str, reason: str) -> None:
    headers, value = _record()
    with pytest.raises(Undecodable) as refused:
        decode("lead-scored", _with(headers, name, text.encode()), value)
    assert reason in refused.value.reason
    assert text not in refused.value.reason


def test_a_header_without_a_value_counts_as_missing_and_foreign_headers_do_no_harm() -> None:
    headers, value = _record()
    assert decode("lead-scored", [*headers, ("x-gateway", b"\xff")], value)[1] == SCORED
    with pytest.raises(Undecodable, match="ce_time is missing"):
        decode("lead-scored", [*_with(headers, "ce_time", None), ("ce_time", None)], value)


def test_an_optional_traceparent_and_content_type_may_be_absent() -> None:
    headers, value = _record(traceparent=None)
    attributes, _ = decode("lead-scored", _with(headers, "content-type", None), value)
    assert attributes.traceparent is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the record has no value"),
        (b"", "the value is not JSON"),
        (b"{", "the value is not JSON"),
        (b"\xff\xfe", "the value is not JSON"),
        (b"[]", "event: Input should be an object"),
        (b'{"lead_id": 1}', "lead_id: "),
    ],
)
def test_a_value_that_is_no_event_is_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode("lead-scored", _record()[0], value)
    assert refused.value.reason.startswith(reason)


def test_a_reason_holds_no_personal_data() -> None:
    headers, _ = _record()
    private = "ana.pereira@example.com"
    kept = json.loads(SCORED_JSON)
    for change in (
        {"lead_id": private},
        {"quadrant": private},
        {"seq": private},
        {"cause": private},
        {"journey": {"received_at": private}},
        {"other_leads": [{"lead_id": private, "line": 1}]},
    ):
        with pytest.raises(Undecodable) as refused:
            decode("lead-scored", headers, json.dumps(kept | change).encode())
        assert "ana" not in str(refused.value)
        assert next(iter(change)) in refused.value.reason


def test_a_key_of_the_senders_own_is_masked() -> None:
    signal = json.loads((EXAMPLES / "lead-signalled/valid/pricing-page-view.json").read_bytes())
    signal["identity"] = {"ana.pereira@example.com": 1}
    headers = Attributes(ID, event_type("lead-signalled"), "intake", NOON, "key").headers()
    with pytest.raises(Undecodable) as refused:
        decode("lead-signalled", headers, json.dumps(signal).encode())
    assert refused.value.reason.startswith("identity.*: ")


def test_several_faults_are_counted() -> None:
    with pytest.raises(Undecodable, match=r"\(and \d+ more\)$"):
        decode("lead-scored", _record()[0], b"{}")


def test_numbers_as_text_are_not_coerced() -> None:
    with pytest.raises(Undecodable, match="seq: Input should be a valid integer"):
        decode("lead-scored", _record()[0], json.dumps(json.loads(SCORED_JSON) | {"seq": "1"}).encode())


def test_a_topic_takes_only_its_own_event() -> None:
    with pytest.raises(WrongEvent, match="lead-routed carries LeadRouted, not LeadScored"):
        _record(topic="lead-routed")
    with pytest.raises(UnknownTopic, match="no topic 'leads'"):
        _record(topic="leads")
    with pytest.raises(UnknownTopic):
        decode("leads", *_record())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"time": datetime(2026, 2, 3)}, "no offset"),  # noqa: DTZ001 - the fault under test
        ({"source": ""}, "must not be empty"),
        ({"subject": ""}, "must not be empty"),
    ],
)
def test_attributes_nobody_could_read_back_are_not_written(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        _record(**change)


def test_the_bulk_lane_carries_the_same_event() -> None:
    attributes, event = decode("lead-scored-bulk", *_record(topic="lead-scored-bulk"))
    assert (attributes.type, event) == ("baton.lead-scored.v1", SCORED)


def test_two_versions_of_a_topic_are_read_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    class Warmer(LeadScored):
        warmth: int

    old = topic("lead-scored")
    versions = (*old.versions, TopicVersion(version=2, schema="lead-scored.v2.schema.json"))
    both = old.model_copy(update={"name": "lead-scored-twice", "versions": versions})
    monkeypatch.setattr(codec, "topic_named", {both.name: both}.__getitem__)
    monkeypatch.setitem(EVENT_OF_VERSION, "lead-scored.v2", Warmer)
    newer = Warmer.model_validate(dict(SCORED) | {"warmth": 7})
    for event, ce_type in ((SCORED, "baton.lead-scored.v1"), (newer, "baton.lead-scored.v2")):
        record = encode(event, id=ID, source="scoring", time=NOON, subject="s", topic=both.name)
        attributes, read = decode(both.name, *record)
        assert (attributes.type, read) == (ce_type, event)


def test_times_are_normalised_to_utc() -> None:
    lisbon = datetime(2026, 7, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    event = LeadProgressed(
        lead_id=ID,
        line="main",
        seq=1,
        kind="accepted",
        at=lisbon,
        round=1,
    )
    assert event.at.tzinfo is UTC
    assert json.loads(event.to_json())["at"] == "2026-07-01T09:30:00Z"
    headers, value = encode(event, id=ID, source="router", time=lisbon, subject="s", topic="lead-progressed")
    attributes, _ = decode("lead-progressed", headers, value)
    assert attributes.time == lisbon
    assert attributes.time.tzinfo is UTC


def test_absent_values_are_left_out() -> None:
    held = LeadRouted.model_validate_json(
        (EXAMPLES / "lead-routed/valid/held-out-of-hours.json").read_bytes()
    )
    assert "rep" not in json.loads(held.to_json())


@given(
    unknown=st.dictionaries(st.from_regex(r"new_[a-z]{1,8}", fullmatch=True), JSON_VALUES, max_size=3),
    attributes=st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=3),
)
def test_unknown_fields_and_free_attributes_pass_through(
    unknown: dict[str, Any], attributes: dict[str, Any]
) -> None:
    sent = json.loads(SCORED_JSON) | unknown
    sent["profile"] = sent["profile"] | unknown | {"attributes": attributes}
    _, event = decode("lead-scored", _record()[0], json.dumps(sent).encode())
    _, again = decode("lead-scored", _record()[0], event.to_json())
    received = json.loads(event.to_json())
    present = {name: value for name, value in unknown.items() if value is not None}
    assert again.to_json() == event.to_json()
    assert received["profile"]["attributes"] == attributes
    for part in (received, received["profile"]):
        assert {name: value for name, value in part.items() if name.startswith("new_")} == present


@given(
    at=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    ),
    source=st.text(min_size=1, max_size=20),
    subject=st.text(min_size=1, max_size=20),
    identity=st.uuids(),
)
def test_any_attributes_come_back(at: datetime, source: str, subject: str, identity: UUID) -> None:
    headers, value = _record(id=identity, time=at, source=source, subject=subject)
    attributes, _ = decode("lead-scored", headers, value)
    assert (attributes.id, attributes.time, attributes.source, attributes.subject) == (
        identity,
        at,
        source,
        subject,
    )

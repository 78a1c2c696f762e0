"""Every example is judged alike by the JSON Schema and by the typed event."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from lead_events import EVENT_OF_VERSION
from lead_events.cloudevents import Attributes
from lead_events.codec import Undecodable, decode, encode
from worktime import Calendar

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
EXAMPLES = SCHEMAS / "examples"
VALID = sorted(EXAMPLES.glob("*/valid/*.json"))
INVALID = sorted(EXAMPLES.glob("*/invalid/*.json"))
FORMATS = FormatChecker(formats=["uuid"])
TIME = datetime.fromisoformat("2026-02-03T09:15:02+00:00")


@FORMATS.checks("date-time", raises=ValueError)
def _has_an_offset(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _name(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


def _version(kind: str) -> str:
    """What a folder of examples is about: `lead-scored` is the first version, `lead-scored.v2` the second."""
    return kind if kind in EVENT_OF_VERSION else f"{kind}.v1"


def _topic(kind: str) -> str:
    return _version(kind).rsplit(".", 1)[0]


def _validator(kind: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / "events" / f"{_version(kind)}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FORMATS)


def _headers(kind: str) -> list[tuple[str, bytes]]:
    return Attributes(UUID(int=1), f"baton.{_version(kind)}", "test", TIME, "subject").headers()


def _fields(errors: Iterator[ValidationError]) -> Iterator[str]:
    """The path of each error; for a missing field, the path of that field."""
    for error in errors:
        path = [str(part) for part in error.absolute_path]
        missing = []
        if error.validator == "required":
            present = cast("dict[str, Any]", error.instance)
            missing = [name for name in cast("list[str]", error.validator_value) if name not in present]
        yield from (".".join([*path, name]) for name in missing)
        yield ".".join(path)
        if error.context:
            yield from _fields(iter(error.context))


def _invalid(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert set(found) == {"field", "error", "event"}, "an invalid example holds field, error and event"
    return found


@pytest.mark.parametrize("name", sorted(EVENT_OF_VERSION))
def test_every_version_has_good_and_bad_examples(name: str) -> None:
    assert sum(_version(path.parts[-3]) == name for path in VALID) >= 2
    assert sum(_version(path.parts[-3]) == name for path in INVALID) >= 3


def test_the_calendars_in_examples_are_calendars() -> None:
    assigned = json.loads((EXAMPLES / "lead-routed/valid/assigned.json").read_text("utf-8"))
    changed = json.loads((EXAMPLES / "rep-availability-changed/valid/working-week.json").read_text("utf-8"))
    for document in (assigned["rep"]["calendar"], changed["calendar"]):
        assert Calendar.from_dict(document).is_open(datetime.fromisoformat("2026-02-03T10:00:00+00:00"))


@pytest.mark.parametrize("path", VALID, ids=_name)
def test_a_valid_example_passes_both(path: Path) -> None:
    kind = path.parts[-3]
    assert list(_validator(kind).iter_errors(json.loads(path.read_text("utf-8")))) == []
    attributes, event = decode(_topic(kind), _headers(kind), path.read_bytes())
    headers, value = encode(
        event, id=attributes.id, source="test", time=TIME, subject="subject", topic=_topic(kind)
    )
    assert decode(_topic(kind), headers, value) == (attributes, event)
    assert list(_validator(kind).iter_errors(json.loads(value))) == []


@pytest.mark.parametrize("path", VALID, ids=_name)
def test_a_valid_example_loses_nothing_on_the_way_through(path: Path) -> None:
    kind = path.parts[-3]
    before = json.loads(path.read_text("utf-8"))
    after = json.loads(decode(_topic(kind), _headers(kind), path.read_bytes())[1].to_json())
    _assert_kept(before, after)


def _assert_kept(before: Any, after: Any) -> None:
    if isinstance(before, dict):
        for key, value in before.items():
            _assert_kept(value, after[key])
    elif isinstance(before, list):
        assert len(before) == len(after)
        for left, right in zip(before, after, strict=True):
            _assert_kept(left, right)
    elif before != after:  # a time, normalised to UTC
        assert datetime.fromisoformat(before) == datetime.fromisoformat(after)
        assert after.endswith("Z")


@pytest.mark.parametrize("path", INVALID, ids=_name)
def test_an_invalid_example_is_refused_by_the_schema_at_that_field(path: Path) -> None:
    example = _invalid(path)
    assert example["field"] in set(_fields(_validator(path.parts[-3]).iter_errors(example["event"])))


@pytest.mark.parametrize("path", INVALID, ids=_name)
def test_an_invalid_example_is_refused_by_the_typed_event_with_that_reason(path: Path) -> None:
    kind, example = path.parts[-3], _invalid(path)
    with pytest.raises(Undecodable) as refused:
        decode(_topic(kind), _headers(kind), json.dumps(example["event"]).encode())
    assert refused.value.reason.startswith(f"{example['field']}: ")
    assert example["error"] in refused.value.reason

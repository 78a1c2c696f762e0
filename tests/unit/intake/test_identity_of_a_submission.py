"""What makes two posts the same submission, and what tells them apart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.domain.fingerprint import fingerprint
from intake.domain.idempotency import MOST_OTHERS, KeyUse, RecentKeys, read_key
from intake.domain.refusals import Refusal
from lead_events.ids import submission_id

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANA: dict[str, Any] = {"form_id": "demo", "email": "ana@example.com", "name": "Ana Ruiz"}


@pytest.mark.parametrize(
    ("why", "other"),
    [
        ("the order of fields", dict(reversed(ANA.items()))),
        ("the case of an e-mail address", ANA | {"email": "ANA@example.com"}),
        ("space around an e-mail address", ANA | {"email": " ana@example.com "}),
    ],
)
def test_a_fingerprint_does_not_depend_on(why: str, other: dict[str, Any]) -> None:
    assert fingerprint(other) == fingerprint(ANA), why


@pytest.mark.parametrize(
    ("why", "other"),
    [
        ("another value", ANA | {"message": "other"}),
        ("the case of a name", ANA | {"name": "ana ruiz"}),
        ("an address inside a sentence", ANA | {"message": "Mail me at ANA@example.com"}),
        ("a number and its text", ANA | {"name": 1}),
    ],
)
def test_a_fingerprint_depends_on(why: str, other: dict[str, Any]) -> None:
    assert fingerprint(other) != fingerprint(ANA), why


def test_volatile_fields_do_not_count() -> None:
    one = ANA | {"token": "a", "meta": {"ms": 1, "page": "/"}}
    other = ANA | {"token": "b", "meta": {"ms": 2, "page": "/"}}
    assert fingerprint(one, ["token", "meta.ms"]) == fingerprint(other, ["token", "meta.ms"])
    assert fingerprint(one, ["token"]) != fingerprint(other, ["token"])


def test_keyless_repeats_within_the_slot_are_one_and_later_ones_are_not() -> None:
    first = submission_id("demo", fingerprint(ANA), key=None, received_at=NOON)
    again = submission_id("demo", fingerprint(ANA), key=None, received_at=NOON + timedelta(milliseconds=20))
    later = submission_id("demo", fingerprint(ANA), key=None, received_at=NOON + timedelta(minutes=10))
    assert first == again != later


def test_a_keyed_retry_hours_later_is_the_same_submission() -> None:
    first = submission_id("demo", fingerprint(ANA), key="k1", received_at=NOON)
    assert first == submission_id("demo", fingerprint(ANA), key="k1", received_at=NOON + timedelta(hours=3))


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ([], None),
        ([b"8e03978e-40d5-43dd"], "8e03978e-40d5-43dd"),
        ([b'"quoted"'], "quoted"),
        ([b"x" * 255], "x" * 255),
    ],
)
def test_a_key_is_read(sent: list[bytes], key: str | None) -> None:
    assert read_key(sent) == key


@pytest.mark.parametrize(
    "sent", [[b""], [b'""'], [b"x" * 256], [b"two words"], ["ключ".encode()], [b"tab\there"], [b"a", b"b"]]
)
def test_a_malformed_key_is_refused(sent: list[bytes]) -> None:
    with pytest.raises(Refusal) as refusal:
        read_key(sent)
    assert refusal.value.status == 400
    assert refusal.value.field == "Idempotency-Key"


def test_a_key_seen_with_other_fields_is_told_so_until_it_is_forgotten() -> None:
    recent = RecentKeys(2)
    recent.remember("demo", "k1", "a")
    assert recent.use("demo", "k1", "a") is KeyUse.SAME
    assert recent.use("other", "k1", "b") is KeyUse.FIRST
    assert recent.use("demo", "k1", "b") is KeyUse.OTHER
    recent.remember("demo", "k2", "a")
    recent.remember("demo", "k3", "a")
    assert recent.use("demo", "k1", "b") is KeyUse.FIRST


def test_a_key_that_comes_with_anything_is_a_constant() -> None:
    recent = RecentKeys(2)
    uses = []
    for print_ in "abcde":
        uses.append(recent.use("demo", "k", print_))
        recent.remember("demo", "k", print_)
    assert uses == [KeyUse.FIRST, *[KeyUse.OTHER] * MOST_OTHERS, KeyUse.CONSTANT]
    assert recent.use("demo", "k", "a") is KeyUse.SAME
    assert recent.use("demo", "k", "b") is KeyUse.OTHER

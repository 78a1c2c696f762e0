"""What a CRM's webhook means, whether it comes from it, and what placeholders stand for."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.signing import signed_headers
from router.crm.heard import Unreadable, read_events
from router.crm.outbound_message import read_message
from router.crm.signatures import is_from_crm
from router.crm.values import whole_units
from rulebook.models import CrmInbound, CrmSignature

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def inbound(**more: Any) -> CrmInbound:
    return CrmInbound.model_validate(
        {
            "signature": {"scheme": "token", "secret": "events"},
            "object": "/id",
            "record": "contact",
            "occurred_at": "/at",
            "changes": [
                {
                    "when": {"/kind": "deal", "/won": True},
                    "outcome": "won",
                    "value": "/sum",
                    "currency": "/cur",
                },
                {"when": {"/kind": "owner"}, "owner": "/who"},
            ],
            **more,
        }
    )


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1772528400000, NOW),
        (1772528400, NOW),
        ("1772528400000", NOW),
        ("2026-03-03T09:00:00Z", NOW),
        ("2026-03-03T10:00:00.000+0100", NOW),
        ("2026-03-03T09:00:00", NOW),
        ("yesterday", None),
        (None, None),
        (True, None),
        (10**18, None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        (-6 * 10**10, None),
    ],
)
def test_moments_are_read_as_crms_write_them(given: Any, read: datetime | None) -> None:
    [heard], _ = read_events(inbound(), {"id": 1, "kind": "owner", "who": "a", "at": given}, "EUR")
    assert heard.occurred_at == read


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "read"),
    [
        ("1200.50", "eur", 120050, "EUR"),
        (1200.5, "JPY", 1200, "JPY"),
        (0.29, "EUR", 29, "EUR"),
        ("much", "EUR", None, "EUR"),
        (-1, "EUR", None, "EUR"),
        ("1e99", "EUR", None, "EUR"),
        ("NaN", "EUR", None, "EUR"),
        (5, None, 500, "BRL"),
        (5, "euros", None, None),
        (5, "ZZZ", None, None),
    ],
)
def test_amounts_are_minor_units_of_a_currency(
    amount: Any, currency: str | None, minor: int | None, read: str | None
) -> None:
    event = {"id": "x", "kind": "deal", "won": "true", "sum": amount, "cur": currency}
    [heard], _ = read_events(inbound(), event, "BRL")
    assert (heard.value_minor, heard.currency) == (minor, read)


def test_an_outcome_counts_also_where_the_mapping_names_no_currency_in_use() -> None:
    change = {"when": {"/kind": "deal"}, "outcome": "won", "value": "/sum", "currency": "ZZZ"}
    mapped = CrmInbound.model_validate({**inbound().model_dump(exclude_none=True), "changes": [change]})
    [heard], left = read_events(mapped, {"id": "x", "kind": "deal", "sum": 5}, "BRL")
    assert (heard.outcome, heard.value_minor, heard.currency, left) == ("won", None, None, 0)


def test_the_same_change_has_the_same_id_and_another_one_another() -> None:
    def of(**event: Any) -> str:
        [heard], _ = read_events(inbound(), {"id": 1, "kind": "owner", "at": 1772528400, **event}, "EUR")
        return heard.id

    assert of(who="a") == of(who="a")
    assert len({of(who="a"), of(who="b"), of(who="a", id=2), of(who="a", at=1772528401)}) == 4


@pytest.mark.parametrize("document", [None, 7, "text", [{}] * 1001])
def test_a_body_without_a_list_of_events_is_unreadable(document: Any) -> None:
    with pytest.raises(Unreadable, match="list of at most 1000 events"):
        read_events(inbound(), document, "EUR")


def test_an_event_that_is_nested_beyond_all_measure_is_unreadable() -> None:
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    with pytest.raises(Unreadable, match="told from others"):
        read_events(inbound(), {"id": 1, "kind": "owner", "who": "a", "more": deep}, "EUR")


def test_whatever_stands_in_a_list_is_counted() -> None:
    found, others = read_events(inbound(), [None, 7, [], {"kind": "owner", "id": 1}], "EUR")
    assert (found, others) == ([], 4)


def of(scheme: str, **more: Any) -> CrmSignature:
    return CrmSignature.model_validate({"scheme": scheme, "secret": "events", **more})


def digest(body: bytes) -> str:
    return hmac.new(b"s2", body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("signature", "headers", "query", "is_good"),
    [
        (of("hmac_sha256"), {"x-signature": digest(b"{}")}, {}, True),
        (of("hmac_sha256", header="X-Own"), {"x-own": f"sha256={digest(b'{}')}"}, {}, True),
        (of("hmac_sha256"), {"x-signature": digest(b"[]")}, {}, False),
        (of("hmac_sha256"), {}, {}, False),
        (of("token"), {"authorization": "Bearer s2"}, {}, True),
        (of("token"), {"authorization": "Basic s2"}, {}, False),
        (of("token", header="X-Token"), {"x-token": "s2"}, {}, True),
        (of("token", query="token"), {}, {"token": "s2"}, True),
        (of("token", query="token"), {"authorization": "Bearer s2"}, {}, False),
        (of("token"), {"authorization": "Bearer ñ"}, {}, False),
        (of("token"), {}, {}, False),
        (of("hubspot_v3", url="https://x"), {"x-hubspot-request-timestamp": "soon"}, {}, False),
        (of("standard_webhooks"), {"webhook-id": "1"}, {}, False),
    ],
)
def test_only_what_is_signed_comes_from_the_crm(
    signature: CrmSignature, headers: dict[str, str], query: dict[str, str], is_good: bool
) -> None:
    """Of two secrets that are good now, as while one is replaced."""
    assert is_from_crm(signature, headers, query, b"{}", ["s1", "s2"], NOW) is is_good


def test_standard_webhooks_are_known_too() -> None:
    headers = signed_headers("m1", NOW, b"{}", [SECRET])
    assert is_from_crm(of("standard_webhooks"), headers, {}, b"{}", [SECRET], NOW)
    assert not is_from_crm(of("standard_webhooks"), headers, {}, b"[]", [SECRET], NOW)


BOMB = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize("body", [b"", b"<a>", b"no xml", BOMB.encode(), BOMB.encode("utf-16")])
def test_a_message_that_is_no_plain_xml_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_message(body)


@pytest.mark.parametrize(
    ("minor", "currency", "whole"),
    [(120050, "EUR", 1200.5), (120000, "EUR", 1200), (1200, "JPY", 1200), (1, "BHD", 0.001)],
)
def test_crms_get_amounts_in_whole_units(minor: int, currency: str, whole: float) -> None:
    assert whole_units(minor, currency) == whole

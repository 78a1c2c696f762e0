# ruff: noqa: E501 - one case a line, however long
"""Buckets, fill tokens, waves, and who is behind a chain of proxies."""

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain.buckets import Buckets
from intake.domain.generations import Generations
from intake.domain.networks import counted_as, forwarded_for, visitor_behind
from intake.domain.refusals import Fault, FieldError
from intake.domain.suspicion import Filled, count_links, suspicion
from intake.domain.technical import Technical, honeypot_html, honeypot_name, split
from intake.domain.waves import Turn, Watch
from intake.domain.wording import FAULTS, message_of, preferred
from intake.gate.tokens import FormTokens
from rulebook.mapping import Mapped
from rulebook.models import Form

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NONCE = b"123456789"


def form(**changes: Any) -> Form:
    plain = {"name": "Demo", "key": "pk_demo_1", "source": "website", "fields": {"email": "email"}}
    return Form.model_validate(plain | changes)


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly() -> None:
    buckets = Buckets(10)
    assert [buckets.take("a", 60, 100.0) for _ in range(60)] == [0.0] * 60
    wait = buckets.take("a", 60, 100.0)
    assert wait == pytest.approx(1.0)
    assert buckets.take("a", 60, 100.0 + wait) == 0.0
    assert buckets.take("a", 60, 100.0 + wait) > 0
    assert buckets.take("b", 60, 100.0) == 0.0


def test_what_is_given_back_can_be_taken_again() -> None:
    buckets = Buckets(10)
    assert buckets.take("a", 1, 5.0) == 0.0
    assert buckets.take("a", 1, 5.0) == pytest.approx(60.0)
    buckets.give_back("a", 1)
    assert buckets.take("a", 1, 5.0) == 0.0


@given(st.integers(1, 200), st.lists(st.floats(0, 5), max_size=300))
def test_never_more_than_the_limit_in_a_minute_beside_what_was_saved_up(
    limit: int, pauses: list[float]
) -> None:
    buckets, now, taken = Buckets(10), 0.0, 0
    for pause in pauses:
        now += pause
        wait = buckets.take("a", limit, now)
        taken += wait == 0
        if wait:
            assert buckets.take("a", limit, now + wait + 1e-6) == 0.0
            taken += 1
            now += wait + 1e-6
    assert taken <= limit + now * limit / 60 + 1


def test_generations_forget_the_oldest_and_never_hold_more_than_twice_their_size() -> None:
    kept: Generations[int, bool] = Generations(100)
    for number in range(10_000):
        kept.put(number, True)
        assert len(kept) <= 200
    assert all(number in kept for number in range(9_900, 10_000))
    assert 0 not in kept


PROXIES = [
    ("nobody is trusted", [], "203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
    ("one proxy", ["10.0.0.0/8"], "10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
    ("what the visitor wrote does not count", ["10.0.0.0/8"], "10.0.0.1", ["192.0.2.1", "203.0.113.7"], "203.0.113.7"),
    ("two proxies", ["10.0.0.0/8"], "10.0.0.1", ["192.0.2.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
    ("an invention ends the chain", ["10.0.0.0/8"], "10.0.0.1", ["203.0.113.7", "unknown"], "10.0.0.1"),
    ("a port", ["10.0.0.0/8"], "10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
    ("IPv6 in brackets with a port", ["::1/128"], "::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
    ("IPv4 behind IPv6", ["10.0.0.0/8"], "::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
    ("all are trusted: the first", ["0.0.0.0/0"], "10.0.0.1", ["203.0.113.7", "10.0.0.2"], "203.0.113.7"),
    ("the peer is no address", ["10.0.0.0/8"], "unix:", ["203.0.113.7"], "unix:"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("trusted", "peer", "hops", "visitor"), [row[1:] for row in PROXIES], ids=[row[0] for row in PROXIES]
)
def test_the_visitor_is_who_spoke_to_the_outermost_trusted_proxy(
    trusted: list[str], peer: str, hops: list[str], visitor: str
) -> None:
    assert visitor_behind(peer, hops, [ip_network(each) for each in trusted]) == visitor


def test_a_forwarded_header_names_its_hops() -> None:
    value = 'for=192.0.2.60;proto=http;by=203.0.113.43, For="[2001:db8::17]:4711", for=unknown, for=_hidden'
    assert list(forwarded_for(value)) == ["192.0.2.60", "[2001:db8::17]:4711", "unknown", "_hidden"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:1:ffff::1", "2001:db8:1:1::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", None),
        ("10.1.2.3", None),
        ("fd00::1", None),
        ("", None),
        ("testclient", None),
    ],
)
def test_an_address_is_counted_by_whom_it_belongs_to(address: str, name: str | None) -> None:
    assert counted_as(address) == name


def test_a_fill_token_tells_how_long_ago_it_was_given() -> None:
    tokens = FormTokens(b"secret")
    token = tokens.give("pk_demo_1", NOON, NONCE)
    later = NOON + timedelta(seconds=7.5)
    assert tokens.read("pk_demo_1", token, later) == Filled(7.5, 0)
    tokens.use("pk_demo_1", token)
    assert tokens.read("pk_demo_1", token, later) == Filled(7.5, 1)
    assert tokens.read("pk_other_1", token, later) is None
    assert FormTokens(b"another").read("pk_demo_1", token, later) is None
    assert tokens.read("pk_demo_1", token, NOON + timedelta(days=2)) is None
    assert tokens.read("pk_demo_1", token, NOON - timedelta(seconds=3)) == Filled(0.0, 1)


@given(st.integers(0, 29), st.integers(1, 255))
def test_a_token_with_any_byte_changed_says_nothing(position: int, mask: int) -> None:
    tokens = FormTokens(b"secret")
    raw = bytearray(base64.urlsafe_b64decode(tokens.give("pk_demo_1", NOON, NONCE)))
    raw[position] ^= mask
    assert tokens.read("pk_demo_1", base64.urlsafe_b64encode(raw).decode(), NOON) is None


@given(st.text(max_size=60))
def test_no_text_is_a_token(text: str) -> None:
    assert FormTokens(b"secret").read("pk_demo_1", text, NOON) is None


def test_a_wave_begins_with_one_too_many_and_ends_with_calm() -> None:
    watched = form(spam={"wave": {"suspects": 5, "window": "1m", "calm": "10m"}})
    watch = Watch()
    assert [watch.suspect(watched, float(second)) for second in range(5)] == [Turn.NOTHING] * 5
    assert watch.suspect(watched, 5.0) is Turn.BEGAN
    assert watch.suspect(watched, 300.0) is Turn.NOTHING
    assert (watch.look(watched, 899.0), watch.is_on) == (Turn.NOTHING, True)
    assert (watch.look(watched, 900.0), watch.is_on) == (Turn.ENDED, False)


def test_suspects_that_trickle_in_are_no_wave() -> None:
    watched = form(spam={"wave": {"suspects": 5, "window": "1m", "calm": "10m"}})
    watch = Watch()
    assert {watch.suspect(watched, 12.0 * number) for number in range(100)} == {Turn.NOTHING}


def test_a_form_may_never_have_waves() -> None:
    watched = form(spam={"wave": "never"})
    watch = Watch()
    assert {watch.suspect(watched, 1.0) for _ in range(1_000)} == {Turn.NOTHING}
    assert not watch.is_on


@pytest.mark.parametrize(
    ("profile", "links"),
    [
        ({"message": "see http://a.example and HTTPS://b.example/x?y=1, www.c.example"}, 3),
        ({"message": '<a href="http://a.example">http://a.example</a> [url=http://b.example]'}, 3),
        ({"name": "http://a.example"}, 1),
        ({"website": "https://a.example", "message": "hello", "attributes": {"page": "https://b.example"}}, 0),
        ({"attributes": {"note": ["buy at www.a.example now", {"more": "x http://b.example"}]}}, 2),
        ({"message": "http and www are words; an e-mail is ana@www.example.com"}, 0),
        ({}, 0),
    ],
)  # fmt: skip
def test_links_are_counted_where_people_write(profile: dict[str, Any], links: int) -> None:
    assert count_links(profile) == links


@pytest.mark.parametrize(
    ("filled", "is_suspect"),
    [(None, False), (Filled(4.9), True), (Filled(5.0), False), (Filled(60, 4), False), (Filled(60, 5), True)],
)
def test_only_a_token_can_speak_against_a_visitor(filled: Filled | None, is_suspect: bool) -> None:
    judged = form(spam={"min_fill": "5s"})
    verdict = suspicion(judged, Mapped({}, ["main"]), filled, is_disposable=lambda _: False)
    assert (verdict is not None) == is_suspect


def test_technical_fields_go_no_further_and_an_empty_honeypot_neither() -> None:
    trap = honeypot_name("pk_demo_1")
    sent = {"email": "a", "_baton_token": "t", "cf-turnstile-response": "c", trap: " "}
    assert split(sent) == ({"email": "a"}, Technical("t", "c", None))
    assert split(sent | {trap: "x"}) == ({"email": "a", trap: "x"}, Technical("t", "c", trap))
    assert split({"baton": "x", "token": "y"}) == ({"baton": "x", "token": "y"}, Technical())


def test_a_honeypot_is_out_of_sight_and_means_nothing_to_autofill() -> None:
    html = honeypot_html(honeypot_name("pk_demo_1"))
    assert 'autocomplete="off"' in html
    assert 'tabindex="-1"' in html
    assert "display:none" not in html
    assert 'type="hidden"' not in html
    assert honeypot_name("pk_demo_1") != honeypot_name("pk_other_1")


def test_every_language_has_a_sentence_for_every_fault() -> None:
    for language, sentences in FAULTS.items():
        assert set(sentences) == set(Fault)
        for fault in Fault:
            said = message_of(FieldError("email", "", fault, ("email", "x")), language)
            assert "{" not in said


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-CH, fr;q=0.9", "de"), ("xx, it;q=0.5, es;q=0.7", "es"), ("*", None), ("", None), (";;q=,,", None)],
)
def test_the_language_asked_for_most_is_spoken(header: str, language: str | None) -> None:
    assert preferred(header) == language

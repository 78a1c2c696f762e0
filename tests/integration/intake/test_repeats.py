# ruff: noqa: E501 - one case a line, however long
"""Double clicks, retries and keys: the same post is the same submission, and nobody is punished for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from intake.domain.idempotency import MOST_OTHERS
from tests.integration.intake.running import FORMS, PATH, Harness, Running, publication, rulebook, submitted

ANA = {"email": "ana@example.com", "name": "Ana Ruiz"}
VISITOR = {"x-forwarded-for": "203.0.113.7"}


@pytest.fixture
async def limited(harness: Harness) -> AsyncIterator[Running]:
    """An intake whose form takes three posts a minute from one address, and ten in all."""
    limits = {"per_minute": 10, "per_address_per_minute": 3}
    harness.broker.append(publication(2, rulebook(FORMS | {"demo": FORMS["demo"] | {"limits": limits}})))
    async with harness.start(trusted_proxies="127.0.0.1/32") as running:
        yield running


async def test_a_thousand_at_once_are_one_submission_with_one_id(harness: Harness, intake: Running) -> None:
    answers = await asyncio.gather(*(intake.post(json=ANA) for _ in range(1_000)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["submission_id"] for answer in answers}) == 1
    assert len({event.submission_id for event in submitted(harness.broker)}) == 1
    assert intake.wiring.numbering.given < 1_000  # those in flight together share one record


async def test_a_repeat_is_not_counted_as_abuse(harness: Harness, limited: Running) -> None:
    first = await limited.post(json=ANA, headers=VISITOR)
    for _ in range(20):
        again = await limited.post(json=ANA, headers=VISITOR)
        assert (again.status_code, again.json()) == (202, first.json())
    others = [await limited.post(json={"email": f"p{n}@example.com"}, headers=VISITOR) for n in range(2)]
    assert [answer.status_code for answer in others] == [202, 202]


async def test_a_repeat_beyond_the_limit_hears_what_it_heard_before(limited: Running) -> None:
    answers = [await limited.post(json={"email": f"p{n}@example.com"}, headers=VISITOR) for n in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    again = await limited.post(json={"email": "p0@example.com"}, headers=VISITOR)
    assert (again.status_code, again.json()) == (202, answers[0].json())


async def test_a_key_with_other_fields_is_refused_and_kept_all_the_same(
    harness: Harness, intake: Running
) -> None:
    headers = {"Idempotency-Key": "k1"}
    await intake.post(json=ANA, headers=headers)
    other = await intake.post(json=ANA | {"name": "Bob"}, headers=headers)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert "nothing is lost" in other.json()["detail"]
    assert "somebody will look at them" in other.json()["errors"][0]["message"]
    first, kept = submitted(harness.broker)
    assert first.verdict.outcome == "accepted"
    assert (kept.fields["name"], kept.verdict.reason) == ("Bob", "key_reused")


async def test_a_key_counts_as_seen_once_something_under_it_is_durable(
    harness: Harness, intake: Running
) -> None:
    headers = {"Idempotency-Key": "all-at-once"}
    people = [{"email": f"person{number}@example.com"} for number in range(5)]
    at_once = await asyncio.gather(*(intake.post(json=person, headers=headers) for person in people))
    assert [answer.status_code for answer in at_once] == [202] * 5
    assert len({answer.json()["submission_id"] for answer in at_once}) == 5
    assert {event.verdict.outcome for event in submitted(harness.broker)} == {"accepted"}
    again = await intake.post(json=people[0], headers=headers)
    assert again.json() == at_once[0].json()
    later = {"Idempotency-Key": "one-after-the-other"}
    assert (await intake.post(json=people[0], headers=later)).status_code == 202
    assert (await intake.post(json=people[1], headers=later)).status_code == 422


async def test_an_integrator_who_always_sends_the_same_key_loses_nothing(
    harness: Harness, intake: Running
) -> None:
    people = [{"email": f"person{number}@example.com"} for number in range(20)]
    headers = {"Idempotency-Key": "constant"}
    answers = [await intake.post(json=person, headers=headers) for person in people]
    told = MOST_OTHERS
    assert [answer.status_code for answer in answers] == [202, *[422] * told, *[202] * (19 - told)]
    reasons = {event.fields["email"]: event.verdict.reason for event in submitted(harness.broker)}
    reused = {person["email"]: "key_reused" for person in people[1:]}
    assert reasons == {people[0]["email"]: None, **reused}


async def test_a_vendors_id_with_other_fields_is_a_correction(harness: Harness, intake: Running) -> None:
    path = "/v1/forms/pk_vendor_1/submissions"
    first = await intake.post(path, json={"lead": {"id": "L-1", "email": "ana@example.com"}})
    second = await intake.post(path, json={"lead": {"id": "L-1", "email": "ana.ruiz@example.com"}})
    assert (first.status_code, second.status_code) == (202, 202)
    assert [event.verdict.outcome for event in submitted(harness.broker)] == ["accepted"] * 2
    assert first.json() != second.json()


async def test_two_people_behind_one_address_are_two(harness: Harness, intake: Running) -> None:
    agent = {"user-agent": "Example/1.0", **VISITOR}
    one = await intake.post(json=ANA, headers=agent)
    two = await intake.post(json={"email": "bob@example.com", "name": "Bob Roe"}, headers=agent)
    assert one.json() != two.json()
    assert [event.profile.email for event in submitted(harness.broker)] == [
        "ana@example.com",
        "bob@example.com",
    ]


async def test_an_empty_second_post_is_refused_and_leaves_the_first_alone(
    harness: Harness, intake: Running
) -> None:
    assert (await intake.post(json=ANA | {"form_id": "demo"})).status_code == 202
    assert (await intake.post(json={"form_id": "demo"})).status_code == 422
    assert len(submitted(harness.broker)) == 1


async def test_a_phone_field_with_a_story_in_it_is_kept(harness: Harness, intake: Running) -> None:
    story = "please call me on +34 600 000 002 or the office, ask for Ana, ext 12"
    answer = await intake.post(json=ANA | {"phone": story})
    assert answer.status_code == 202
    assert submitted(harness.broker)[0].fields["phone"] == story


ENCODED = [
    ("escaped UTF-8 without a charset", b"name=Jos%C3%A9&email=ana%40example.com", "", "José"),
    ("bytes of UTF-8 without a charset", "name=José&email=ana@example.com".encode(), "", "José"),
    ("the charset that was said", b"name=Jos%E9&email=ana%40example.com", "; charset=iso-8859-1", "José"),
    ("windows quotes", b"name=O%92Neil&email=ana%40example.com", "; charset=windows-1252", "O’Neil"),
    ("another charset", "name=Ναταλία&email=ana@example.com".encode("iso-8859-7"), "; charset=iso-8859-7", "Ναταλία"),
    ("the field _charset_", b"_charset_=windows-1252&name=Jos%E9&email=ana%40example.com", "", "José"),
    ("a flower", "name=Ana 🌸&email=ana@example.com".encode(), "", "Ana 🌸"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "charset", "name"), [row[1:] for row in ENCODED], ids=[row[0] for row in ENCODED]
)
async def test_letters_arrive_as_they_were_meant(
    harness: Harness, intake: Running, body: bytes, charset: str, name: str
) -> None:
    kind = f"application/x-www-form-urlencoded{charset}"
    assert (await intake.post(content=body, headers={"content-type": kind})).status_code == 202
    assert submitted(harness.broker)[0].fields["name"] == name


MISSPELT = [
    ("UTF-8 under a Latin label", b"name=Jos%C3%A9&email=ana%40example.com", "; charset=iso-8859-1", 400),
    ("bytes that are no UTF-8", b"name=Jos%E9&email=ana%40example.com", "", 400),
    ("no such charset", b"email=ana%40example.com", "; charset=klingon", 415),
]


@pytest.mark.parametrize(
    ("body", "charset", "status"), [row[1:] for row in MISSPELT], ids=[row[0] for row in MISSPELT]
)
async def test_letters_that_mean_nothing_are_refused_with_what_to_do(
    intake: Running, body: bytes, charset: str, status: int
) -> None:
    kind = f"application/x-www-form-urlencoded{charset}"
    answer = await intake.post(content=body, headers={"content-type": kind})
    assert (answer.status_code, "charset" in answer.json()["detail"]) == (status, True)


async def test_the_limit_says_how_long_to_wait_and_means_it(harness: Harness, limited: Running) -> None:
    for number in range(3):
        await limited.post(json={"email": f"p{number}@example.com"}, headers=VISITOR)
    refused = await limited.post(json=ANA, headers=VISITOR)
    wait = int(refused.headers["retry-after"])
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert f"send it again in {wait} seconds" in refused.json()["detail"]
    assert (await limited.post(json=ANA, headers={"x-forwarded-for": "203.0.113.8"})).status_code == 202
    harness.clock.ahead += wait - 5
    bob = {"email": "bob@example.com"}
    assert (await limited.post(json=bob, headers=VISITOR)).status_code == 429
    harness.clock.ahead += 5
    assert (await limited.post(json=bob, headers=VISITOR)).status_code == 202


async def test_an_ipv6_subscriber_is_one_address_however_many_it_uses(limited: Running) -> None:
    statuses = [
        (
            await limited.post(
                json={"email": f"p{n}@example.com"}, headers={"x-forwarded-for": f"2001:db8:1:1::{n}"}
            )
        ).status_code
        for n in range(1, 5)
    ]
    assert statuses == [202, 202, 202, 429]
    neighbour = {"x-forwarded-for": "2001:db8:1:2::1"}
    assert (await limited.post(json=ANA, headers=neighbour)).status_code == 202


async def test_the_form_has_a_limit_over_all_addresses(limited: Running) -> None:
    statuses = [
        (
            await limited.post(
                json={"email": f"p{n}@example.com"}, headers={"x-forwarded-for": f"198.51.100.{n}"}
            )
        ).status_code
        for n in range(12)
    ]
    assert statuses == [*[202] * 10, 429, 429]


async def test_an_address_behind_an_unknown_proxy_does_not_count(harness: Harness) -> None:
    limits = {"per_address_per_minute": 1}
    harness.broker.append(publication(2, rulebook(FORMS | {"demo": FORMS["demo"] | {"limits": limits}})))
    async with harness.start() as running:
        for number in range(5):
            answer = await running.post(json={"email": f"p{number}@example.com"}, headers=VISITOR)
            assert answer.status_code == 202


async def test_a_form_posted_to_a_limit_says_so_in_the_openapi_document(intake: Running) -> None:
    document = (await intake.client.get("/openapi.json")).json()
    answers = document["paths"][PATH.replace("pk_demo_1", "{key}")]["post"]["responses"]
    assert "Retry-After" in answers["429"]["headers"]

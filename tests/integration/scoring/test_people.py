"""Who is who, through the running consumer."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from lead_events import Closing, LeadProgressed
from lead_events.ids import lead_id, person_id
from lead_events.words import CauseKind, CloseReason, ProgressKind
from scoring.accounting import conservation_answer
from service_kit import failpoints

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHONE = "+34600111222"


async def roots(world: "World") -> dict[str, str]:
    """Each submission's form data (its fingerprint) and the person it belongs to now."""
    rows = await world.fetch(
        "WITH RECURSIVE up AS (SELECT id, id AS root, merged_into FROM persons UNION ALL"
        " SELECT up.id, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into)"
        " SELECT s.fingerprint, up.root FROM submissions s JOIN up ON up.id = s.person_id"
        " WHERE up.merged_into IS NULL"
    )
    return {row["fingerprint"]: str(row["root"]) for row in rows}


async def test_two_persons_found_to_be_one_are_merged_into_the_older(world: "World") -> None:
    by_email = world.submit({"email": "eva@example.com"})
    await world.settle()
    by_phone = world.submit({"phone": PHONE}, received_at=START + timedelta(hours=1))
    await world.settle()
    both = world.submit({"email": "eva@example.com", "phone": PHONE}, received_at=START + timedelta(hours=2))
    await world.settle()
    older, younger = person_id(by_email.submission_id), person_id(by_phone.submission_id)
    (merge,) = world.merged()
    assert (merge.kind, merge.person_id, merge.other_person_id, merge.seq) == ("merged", older, younger, 1)
    first, second, third = world.scored()
    assert (merge.leads_ended, merge.ended_in) == ([second.lead_id], [first.lead_id])
    assert (third.lead_id, third.seq, third.submissions) == (first.lead_id, 2, 3)
    leads = {row["id"]: row for row in await world.fetch("SELECT * FROM leads")}
    assert (leads[second.lead_id]["state"], leads[second.lead_id]["merged_into"]) == ("merged", first.lead_id)
    keys = await world.fetch("SELECT value, person_id FROM identity_keys ORDER BY value")
    assert {key["value"]: key["person_id"] for key in keys} == {"eva@example.com": older, PHONE: younger}
    assert (await world.states())[both.submission_id] == "joined"


async def test_a_rep_who_enters_a_known_person_does_not_shorten_their_name(world: "World") -> None:
    world.submit({"email": "ana@example.com", "name": "Ana Ruiz"})
    await world.settle()
    later = START + timedelta(hours=1)
    typed = {"email": "ana@example.com", "name": "Ana", "company": "Norte"}
    world.submit(typed, form_id="+own", received_at=later)
    await world.settle()
    profile = world.scored()[-1].profile
    assert (profile.name, profile.company) == ("Ana Ruiz", "Norte")


async def test_a_merge_brings_the_lead_of_another_line_along(world: "World") -> None:
    world.submit({"phone": PHONE})
    await world.settle()
    world.submit({"email": "eva@example.com"}, lines=["training"])
    await world.settle()
    world.submit({"email": "eva@example.com", "phone": PHONE}, received_at=START + timedelta(hours=1))
    await world.settle()
    (merge,) = world.merged()
    moved = [event for event in world.scored() if event.line == "training"][-1]
    assert merge.leads_moved == [moved.lead_id] or merge.leads_ended == []
    assert (moved.seq, moved.cause.kind) == (2, CauseKind.RESCORE)
    assert [other.line for other in moved.other_leads] == ["main"]


async def test_all_of_a_merge_in_one_batch_keeps_every_lead(world: "World") -> None:
    world.submit({"phone": PHONE}, partition=0)
    world.submit({"email": "eva@example.com"}, partition=0)
    world.submit({"email": "eva@example.com", "phone": PHONE}, partition=0)
    await world.settle()
    states = [row["state"] for row in await world.fetch("SELECT state FROM leads ORDER BY state")]
    assert states == ["merged", "open"]
    assert len(world.merged()) == 1
    assert await world.fetch("SELECT 1 FROM leads WHERE seq < 1") == []


async def test_a_phone_seen_with_two_emails_identifies_nobody_any_more(world: "World") -> None:
    sent = {
        "eva": {"email": "eva@example.com", "phone": PHONE},
        "ugo": {"email": "ugo@example.com", "phone": PHONE},
        "call": {"phone": PHONE},
        "call again": {"phone": PHONE, "name": "somebody"},
    }
    for name, profile in sent.items():
        world.submit(profile, fingerprint=name)
        await world.settle()
    who = await roots(world)
    assert len(set(who.values())) == 3
    assert who["call again"] == who["call"], "whoever answers there: one lead, and not a rep for every call"
    assert world.merged() == []
    (key,) = await world.fetch("SELECT identifies, email FROM identity_keys WHERE kind = 'phone'")
    assert key == {"identifies": False, "email": "eva@example.com"}


async def test_whom_a_phone_held_together_is_parted_when_a_second_email_is_seen_beside_it(
    world: "World",
) -> None:
    """What was merged by it is undone: the lead stays with who said who they are, and the caller has one."""
    eva = world.submit({"email": "eva@example.com", "name": "Eva"})
    await world.settle()
    called = world.submit({"phone": PHONE, "name": "Somebody"}, received_at=START + timedelta(hours=1))
    await world.settle()
    both = {"email": "eva@example.com", "phone": PHONE}
    world.submit(both, received_at=START + timedelta(hours=2))
    await world.settle()
    ugo = world.submit(both | {"email": "ugo@example.com"}, received_at=START + timedelta(hours=3))
    await world.settle()
    merged, undone = world.merged()
    hers, callers = person_id(eva.submission_id), person_id(called.submission_id)
    assert (undone.kind, undone.person_id, undone.other_person_id) == ("undone", callers, hers)
    assert merged.leads_ended == [lead_id(called.submission_id, "main")]
    leads = {
        row["person_id"]: row
        for row in await world.fetch(
            "SELECT l.person_id, l.id, l.submissions, p.profile->>'name' AS name"
            " FROM leads l JOIN persons p ON p.id = l.person_id WHERE l.state = 'open'"
        )
    }
    assert leads.keys() == {hers, callers, person_id(ugo.submission_id)}
    assert leads[hers] == {
        "person_id": hers,
        "id": lead_id(eva.submission_id, "main"),
        "submissions": 2,
        "name": "Eva",
    }
    assert (leads[callers]["submissions"], leads[callers]["name"]) == (1, "Somebody")
    told = {event.lead_id: event for event in world.scored()}
    assert told[leads[callers]["id"]].cause.kind is CauseKind.RESCORE
    (merge,) = await world.fetch("SELECT other, undone_at IS NOT NULL AS is_undone FROM merges")
    assert merge == {"other": callers, "is_undone": True}


async def test_the_lead_and_the_words_of_who_said_who_they_are_beat_an_older_callers(world: "World") -> None:
    caller = world.submit({"phone": PHONE, "name": "Somebody", "city": "Vigo"})
    await world.settle()
    eva = world.submit({"email": "eva@example.com", "name": "Eva"}, received_at=START + timedelta(hours=1))
    await world.settle()
    both = {"email": "eva@example.com", "phone": PHONE}
    world.submit(both, received_at=START + timedelta(hours=2))
    world.submit({"phone": PHONE, "name": "Mallory"}, received_at=START + timedelta(hours=3))
    await world.settle()
    event = world.scored()[-1]
    assert event.person_id == person_id(caller.submission_id), "ids survive by age"
    assert event.lead_id == lead_id(eva.submission_id, "main")
    assert (event.profile.name, event.profile.city, event.submissions) == ("Eva", "Vigo", 4)


async def test_a_role_address_makes_no_two_submissions_one_persons(world: "World") -> None:
    world.submit({"email": "Info@aurora.example", "phone": PHONE}, fingerprint="one")
    world.submit({"email": "info@aurora.example", "phone": "+34600333444"}, fingerprint="other")
    world.submit({"email": "info@aurora.example"}, fingerprint="first")
    world.submit({"email": "info@aurora.example"}, fingerprint="second")
    await world.settle()
    who = await roots(world)
    assert len({who["one"], who["other"], who["first"]}) == 3
    assert who["second"] == who["first"]


async def test_a_blank_wipes_nothing_and_the_newest_value_wins_whatever_the_order(world: "World") -> None:
    world.submit({"email": "eva@example.com", "company": "New Co", "name": "Eva"}, received_at=START)
    await world.settle()
    world.submit(
        {"email": "eva@example.com", "company": "Old Co", "city": "Vigo", "name": " "},
        received_at=START - timedelta(days=1),
    )
    await world.settle()
    profile = world.scored()[-1].profile
    assert (profile.company, profile.city, profile.name) == ("New Co", "Vigo", "Eva")


@pytest.fixture
def slow_commits() -> Iterator[None]:
    """Every transaction stays open a while after its work, so that those of other processes overlap it."""
    failpoints.activate("consumer.before_commit=sleep:0.02")
    yield
    failpoints.clear()


@pytest.mark.usefixtures("slow_commits")
async def test_several_scoring_processes_agree_on_one_person_for_each_email(world: "World") -> None:
    """Submissions of the same people lie on all partitions, so every process meets the same keys."""
    chance = random.Random(7)
    people = range(8)
    order = [person for person in people for _ in range(30)]
    chance.shuffle(order)
    for number, person in enumerate(order):
        profile = {"email": f"p{person}@example.com"}
        if number % 3 == 0:
            profile["phone"] = f"+3460000{person:04}"
        if number % 7 == 0:
            profile = {"phone": f"+3460000{person:04}"}
        world.submit(
            profile,
            fingerprint=f"{number}",
            lines=["main", "training"] if number % 5 == 0 else ["main"],
            received_at=START + timedelta(seconds=number),
            partition=number % 3,
        )
    world.runtime.settings.batch_max = 17
    await world.settle(consumers=3)
    effects = await world.effects()
    assert "dead_letters" not in effects
    assert effects["opened"] + effects["joined"] == len(order)
    persons = await world.fetch("SELECT 1 FROM persons WHERE merged_into IS NULL")
    assert len(persons) == len(people)
    doubled = await world.fetch(
        "SELECT 1 FROM leads WHERE state = 'open' GROUP BY person_id, line HAVING count(*) > 1"
    )
    assert doubled == []
    gaps = await world.fetch(
        "SELECT l.id FROM leads l JOIN scores s ON s.lead_id = l.id"
        " GROUP BY l.id HAVING count(*) <> max(l.seq)"
    )
    assert gaps == []
    counted = await world.fetch(
        "SELECT sum(submissions)::int AS n FROM leads WHERE state = 'open' AND line = 'main'"
    )
    assert counted == [{"n": len(order)}]


@pytest.mark.usefixtures("slow_commits")
async def test_closings_and_submissions_of_the_same_people_at_once_leave_one_open_lead_each(
    world: "World",
) -> None:
    """Three processes, and reports that end leads while their persons come back."""
    chance = random.Random(11)
    world.runtime.settings.batch_max = 11
    sent = [world.submit({"email": f"p{number}@example.com"}, partition=number % 3) for number in range(6)]
    await world.settle(consumers=3)
    for number in range(150):
        person = chance.randrange(6)
        first = lead_id(sent[person].submission_id, "main")
        if number % 3 == 0:
            world.send(rejected(first), "lead-progressed", partition=number % 2)
        elif number % 3 == 1:
            world.send(late(first, sent[person].submission_id), "lead-progressed", partition=number % 2)
        else:
            profile = {"email": f"p{person}@example.com", "phone": f"+346000000{person:02}"}
            moment = START + timedelta(minutes=10 + number)
            world.submit(profile, received_at=moment, fingerprint=f"{number}", partition=number % 3)
    await world.settle(consumers=3)
    effects = await world.effects()
    assert "dead_letters" not in effects
    assert (
        await world.fetch(
            "SELECT 1 FROM leads WHERE state = 'open' GROUP BY person_id, line HAVING count(*) > 1"
        )
        == []
    )
    assert (
        await world.fetch(
            "SELECT l.id FROM leads l JOIN scores s ON s.lead_id = l.id"
            " GROUP BY l.id HAVING count(*) <> max(l.seq)"
        )
        == []
    )
    assert (await conservation_answer(world.database))["unaccounted"] == 0


def rejected(lead: UUID) -> LeadProgressed:
    return LeadProgressed(lead_id=lead, line="main", seq=1, kind=ProgressKind.REJECTED, at=START, round=1)


def late(lead: UUID, cause: UUID) -> LeadProgressed:
    return LeadProgressed(
        lead_id=lead,
        line="main",
        seq=2,
        kind=ProgressKind.ARRIVED_AFTER_CLOSE,
        at=START,
        round=1,
        closing=Closing(reason=CloseReason.REJECTED, at=START, seq=1),
        cause_id=cause,
    )


@pytest.mark.usefixtures("slow_commits")
@pytest.mark.parametrize("seed", [3, 5])
async def test_many_processes_group_one_persons_submissions_as_a_single_one_does(
    world: "World", seed: int
) -> None:
    """By e-mail only, by phone only and by both, shuffled over all partitions and read by three processes."""
    chance = random.Random(seed)
    ways = {
        "email": lambda n: {"email": f"p{n}@example.com"},
        "phone": lambda n: {"phone": f"+3460000{n:04}"},
    }
    ways["both"] = lambda n: ways["email"](n) | ways["phone"](n)
    sent = [(n, way, again) for n in range(8) for way in ("email", "phone", "both") for again in range(3)]
    sent = [each for each in sent if each[0] % 4 or each[1] != "both"]  # every fourth never shows both
    chance.shuffle(sent)
    world.runtime.settings.batch_max = 7
    for place, (n, way, again) in enumerate(sent):
        moment = START + timedelta(minutes=10 * again + n)
        world.submit(ways[way](n), fingerprint=f"{n}:{way}:{again}", received_at=moment, partition=place % 3)
    await world.settle(consumers=3)
    grouped: dict[str, set[str]] = {}
    for content, person in (await roots(world)).items():
        grouped.setdefault(person, set()).add(content)
    expected: dict[str, set[str]] = {}
    for n, way, again in sent:
        one = f"{n}" if n % 4 else f"{n}{way}"
        expected.setdefault(one, set()).add(f"{n}:{way}:{again}")
    assert sorted(map(sorted, grouped.values())) == sorted(map(sorted, expected.values()))
    counted = await world.fetch("SELECT sum(submissions)::int AS n FROM leads WHERE state = 'open'")
    assert counted == [{"n": len(sent)}]
    assert (await conservation_answer(world.database))["unaccounted"] == 0

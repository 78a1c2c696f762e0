"""Stored submissions mapped again after a mapping was mended, and vendors' corrections."""

import copy
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from lead_events import Attribution, Consent, LeadSubmitted, Profile, Rerun, Verdict
from lead_events.ids import submission_id
from lead_events.words import CauseKind, QuarantineReason, RerunKind
from rulebook.mapping import map_submission
from rulebook.models import Form
from scoring import handlers, replay
from scoring.accounting import conservation_answer
from scoring.domain.desk import Desk
from scoring.domain.remap import map_again
from scoring.domain.submissions import Fate, Incoming
from scoring.releases import publish_again
from scoring.replay import Replays, UnknownForm
from scoring.store import load
from service_kit.postgres import Connection

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 6, 17, 10, tzinfo=UTC)
"""Friday 18:10 in Madrid."""
FROM_THE_FAIR = Attribution(utm_campaign="fair")


def document(world: "World", **fields: list[str]) -> dict[str, Any]:
    """The rulebook with these paths mapped on the form."""
    found = copy.deepcopy(world.document)
    found["forms"]["demo"]["fields"] = {name: {"from": paths} for name, paths in fields.items()}
    found["forms"]["demo"] |= {"required": ["email"], "lines": ["main"]}
    return found


class Shop:
    """The form as intake reads it: maps what was typed by the rulebook of then, and sends it on."""

    def __init__(self, world: "World", **fields: list[str]) -> None:
        self.world = world
        self.fields = fields

    async def open(self) -> "Shop":
        await self.publish(**self.fields)
        return self

    async def publish(self, **fields: list[str]) -> None:
        """Publish a mapping, in force at once."""
        self.fields = fields
        await self.world.publish_rulebook(document(self.world, **fields))
        await self.world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")

    def post(self, typed: dict[str, Any], minutes: float = 0, **given: Any) -> LeadSubmitted:
        form = Form.model_validate(document(self.world, **self.fields)["forms"]["demo"])
        at = START + timedelta(minutes=minutes)
        mapped = map_submission(form, typed, at)
        verdict = Verdict()
        if mapped.missing:
            verdict = Verdict(outcome="quarantined", reason=QuarantineReason.FIELD_MISSING, detail="email")
        content = repr(sorted(typed.items()))
        values: dict[str, Any] = {
            "fields": typed,
            "fingerprint": content,
            "received_at": at,
            "verdict": verdict,
            "submission_id": submission_id("demo", content, key=given.get("key"), received_at=at),
        }
        return self.world.submit(mapped.profile, **values | given)


@pytest.fixture
async def replays(bare_world: "World") -> Replays:
    return Replays(bare_world.runtime)


async def run(world: "World", replays: Replays, **given: Any) -> dict[str, Any]:
    """Ask for a replay, work it off, let the consumer take what it sent."""
    asked = await replays.begin(
        "demo",
        given.get("since", START - timedelta(days=1)),
        given.get("until"),
        by="ana",
        why="the field was renamed",
    )
    await replays.work()
    await world.runtime.published()
    await world.settle()
    return await replays.progress(asked["replay_id"])


def send_again(world: "World", sent: LeadSubmitted, **mapped: Any) -> None:
    """What one submission of a replay sends: the same one, mapped anew."""
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    again = sent.model_copy(update={"rerun": rerun, **mapped})
    world.send(again, "lead-imported", event_id=uuid4(), partition=0)


async def states(world: "World") -> list[str]:
    return sorted((await world.states()).values())


async def unaccounted(world: "World") -> int:
    found: int = (await conservation_answer(world.database))["unaccounted"]
    return found


async def test_the_field_renamed_on_friday_evening_costs_no_lead(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], name=["name"]).open()
    shop.post({"email": "before@example.com", "name": "Bea"})
    names = ("correo", "e_mail", "work-email")
    for number in range(9):
        shop.post({names[number % 3]: f"p{number}@example.com", "name": f"P {number}"}, number * 40)
    await world.settle()
    assert await states(world) == ["opened", *["quarantined"] * 9]
    await shop.publish(email=["email", *names], name=["name"])
    dry = await replays.dry_run("demo", START - timedelta(days=1), None)
    assert (dry["counts"]["changed"], dry["counts"]["same"], dry["seen"]) == (9, 1, 10)
    assert dry["sample"][0]["changed"]["profile.email"] == {"before": None, "after": "p0@example.com"}
    assert await states(world) == ["opened", *["quarantined"] * 9]
    done = await run(world, replays)
    assert (done["counts"], done["seen"]) == ({"changed": 9, "same": 1}, 10)
    assert await states(world) == ["opened"] * 10
    assert await world.fetch("SELECT 1 FROM quarantine") == []
    leads = world.published("lead-scored-bulk")
    assert len({lead.lead_id for lead in leads}) == len(leads) == 9
    assert all(lead.journey.released_at is not None for lead in leads)
    again = await run(world, replays)
    assert again["counts"] == {"same": 10}
    assert len(world.published("lead-scored-bulk")) == 9
    assert await unaccounted(world) == 0


async def test_two_replays_at_once_change_nothing_twice(bare_world: "World", replays: Replays) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"email": "eva@example.com", "firma": "Nordlicht"})
    await world.settle()
    await shop.publish(email=["email"], company=["firma"])
    for _ in range(2):
        await replays.begin("demo", START, None, by="ana", why="twice")
    await replays.work()
    await world.runtime.published()
    await world.settle()
    effects = await world.effects()
    assert (effects["remapped"], effects["repeated"]) == (1, 1)
    (event,) = world.published("lead-scored-bulk")
    assert (event.cause.kind, event.profile.company) == (CauseKind.RESCORE, "Nordlicht")
    assert (event.seq, event.submissions) == (2, 1)
    assert await unaccounted(world) == 0


async def test_what_a_bad_mapping_said_goes_and_what_others_said_stays(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], company=["company"], job_title=["company"]).open()
    shop.post({"email": "eva@example.com", "company": "Nordlicht"})
    await shop.publish(email=["email"], company=["company"], job_title=["role"])
    shop.post({"email": "eva@example.com", "role": "Buyer"}, 10)
    await shop.publish(email=["email"], company=["company"], job_title=["company"])
    shop.post({"email": "eva@example.com", "company": "Aurora", "role": "CEO"}, 20)
    await world.settle()
    assert world.scored()[-1].profile.job_title == "Aurora"
    await shop.publish(email=["email"], company=["company"], job_title=["role"])
    await run(world, replays)
    profile = world.published("lead-scored-bulk")[-1].profile
    assert (profile.company, profile.job_title) == ("Aurora", "CEO")
    (person,) = await world.fetch("SELECT profile FROM persons")
    assert (person["profile"]["job_title"], person["profile"]["company"]) == ("CEO", "Aurora")


async def test_a_field_that_one_submission_alone_filled_wrongly_is_empty_again(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], city=["company"]).open()
    shop.post({"email": "eva@example.com", "company": "Nordlicht"})
    await world.settle()
    await shop.publish(email=["email"], company=["company"])
    await run(world, replays)
    (event,) = world.published("lead-scored-bulk")
    assert (event.profile.city, event.profile.company) == (None, "Nordlicht")


async def test_submissions_that_a_bad_mapping_put_on_one_person_go_to_their_own(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["office"], name=["name"]).open()
    for number in range(3):
        typed = {"office": "front@example.com", "email": f"p{number}@example.com", "name": f"P {number}"}
        shop.post(typed, number * 10)
    await world.settle()
    assert len(await world.fetch("SELECT 1 FROM leads")) == 1
    await shop.publish(email=["email"], name=["name"])
    await run(world, replays)
    open_leads = await world.fetch(
        "SELECT p.profile ->> 'email' AS email, l.submissions FROM leads l"
        " JOIN persons p ON p.id = l.person_id"
        " WHERE l.state = 'open' ORDER BY 1"
    )
    assert [lead["email"] for lead in open_leads] == [f"p{n}@example.com" for n in range(3)]
    assert [lead["submissions"] for lead in open_leads] == [1, 1, 1]
    assert await unaccounted(world) == 0
    before = len(world.published("lead-scored-bulk"))
    await run(world, replays)
    assert len(world.published("lead-scored-bulk")) == before


async def test_whose_phones_were_right_all_along_are_found_by_them_after_a_replay(
    bare_world: "World", replays: Replays
) -> None:
    """Each has a phone of their own, so each comes to their own person, and takes the phone along."""
    world = bare_world
    mapped = {"name": ["name"], "phone": ["phone"]}
    shop = await Shop(world, email=["office"], **mapped).open()
    for number in range(3):
        shop.post(
            {
                "office": "front@example.com",
                "email": f"p{number}@example.com",
                "name": f"P {number}",
                "phone": f"+3460011122{number}",
            },
            number * 10,
        )
    await world.settle()
    assert len(await world.fetch("SELECT 1 FROM leads")) == 1
    await world.fetch("UPDATE persons SET suppressed_at = now()")
    await shop.publish(email=["email"], **mapped)
    await run(world, replays)
    persons = await world.fetch("SELECT profile ->> 'email' AS email, suppressed_at FROM persons ORDER BY 1")
    assert [person["email"] for person in persons] == [f"p{n}@example.com" for n in range(3)]
    assert None not in [person["suppressed_at"] for person in persons]
    assert await world.fetch("SELECT 1 FROM identity_keys WHERE value = 'front@example.com'") == []
    for number in range(3):
        shop.post({"phone": f"+3460011122{number}"}, 100, verdict=Verdict())
        await world.settle()
        assert world.scored()[-1].profile.email == f"p{number}@example.com"
    assert [lead["submissions"] for lead in await world.fetch("SELECT submissions FROM leads")] == [2, 2, 2]
    assert await unaccounted(world) == 0


@pytest.mark.parametrize(
    "verdict", [Verdict(), Verdict(outcome="quarantined", reason=QuarantineReason.LINKS)]
)
async def test_of_two_that_come_again_in_one_batch_the_last_holds(
    bare_world: "World", verdict: Verdict
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    sent = shop.post({"email": "eva@example.com"}, verdict=verdict)
    await world.settle()
    await world.stop()
    for city in ("Vigo", "Lugo", "Leon"):
        send_again(world, sent, profile=Profile(email="eva@example.com", city=city))
    await world.settle()
    (row,) = await world.fetch("SELECT event -> 'profile' ->> 'city' AS city FROM submissions")
    assert row["city"] == "Leon"
    assert world.broker.records("lead-imported-scoring-dlq") == []
    assert (await world.effects())["remapped"] == 3
    assert await unaccounted(world) == 0


async def test_a_lead_goes_along_with_its_only_submission(bare_world: "World", replays: Replays) -> None:
    world = bare_world
    shop = await Shop(world, email=["office"]).open()
    shop.post({"office": "front@example.com", "email": "eva@example.com"}, lines=["training"])
    shop.post({"office": "front@example.com", "email": "bob@example.com"}, 10)
    await world.settle()
    before = {row["line"]: row for row in await world.fetch("SELECT id, line, person_id FROM leads")}
    mended = document(world, email=["email"])
    mended["forms"]["demo"]["lines"] = ["main", "training"]
    await world.publish_rulebook(mended)
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")
    await run(world, replays, until=START + timedelta(minutes=5))
    after = await world.fetch(
        "SELECT l.id, l.line, l.submissions, p.profile ->> 'email' AS email FROM leads l"
        " JOIN persons p ON p.id = l.person_id WHERE l.state = 'open' ORDER BY 4, 2"
    )
    eva = [row for row in after if row["email"] == "eva@example.com"]
    assert [row["line"] for row in eva] == ["main", "training"]
    assert eva[1]["id"] == before["training"]["id"]
    assert [row["submissions"] for row in after] == [1] * 3
    told = [each for each in world.published("lead-scored-bulk") if each.lead_id == eva[1]["id"]][-1]
    (row,) = await world.fetch("SELECT person_id FROM leads WHERE id = $1", eva[1]["id"])
    assert told.person_id == row["person_id"] != before["training"]["person_id"]
    assert await unaccounted(world) == 0


@pytest.mark.parametrize("still_asked", [True, False])
async def test_no_empty_lead_stays_where_the_other_person_has_an_open_one_of_that_line(
    bare_world: "World", replays: Replays, still_asked: bool
) -> None:
    """It ends in theirs, and router and sla-monitor hear of it; nobody was merged."""
    world = bare_world
    shop = await Shop(world, email=["office"]).open()
    shop.post({"office": "eva@example.com", "email": "eva@example.com"}, lines=["training"])
    shop.post({"office": "front@example.com", "email": "eva@example.com"}, 10, lines=["training"])
    shop.post({"office": "front@example.com", "email": "bob@example.com"}, 20)
    await world.settle()
    leads = await world.fetch("SELECT id, person_id FROM leads WHERE line = 'training' ORDER BY opened_at")
    mended = document(world, email=["email"])
    mended["forms"]["demo"]["lines"] = ["main", "training"] if still_asked else ["main"]
    await world.publish_rulebook(mended)
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")
    await run(world, replays, since=START + timedelta(minutes=5), until=START + timedelta(minutes=15))
    (told,) = world.merged()
    assert (told.leads_ended, told.person_id, told.other_person_id) == (
        [leads[1]["id"]],
        leads[0]["person_id"],
        leads[0]["person_id"],
    )
    assert told.ended_in == [leads[0]["id"]]
    (ended,) = await world.fetch("SELECT state, merged_into FROM leads WHERE id = $1", leads[1]["id"])
    assert (ended["state"], ended["merged_into"]) == ("merged", leads[0]["id"])
    held = await world.fetch(
        "SELECT l.submissions, count(s.id)::int AS kept FROM leads l"
        " LEFT JOIN submissions s ON l.id = ANY(s.lead_ids) WHERE l.state = 'open' GROUP BY l.id"
    )
    assert {(row["submissions"], row["kept"]) for row in held} == {(1, 1), (2, 2)}
    assert await world.fetch("SELECT 1 FROM merges") == []
    assert await unaccounted(world) == 0


async def test_two_persons_found_to_be_one_merge_by_the_usual_rule(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"email": "eva@example.com"})
    shop.post({"email": "eva.old@example.com", "real": "eva@example.com"}, 10)
    await world.settle()
    assert len(await world.fetch("SELECT 1 FROM leads")) == 2
    await shop.publish(email=["real", "email"])
    await run(world, replays)
    assert len(world.merged()) == 1
    (lead,) = await world.fetch("SELECT submissions FROM leads WHERE state = 'open'")
    assert lead["submissions"] == 2
    assert await unaccounted(world) == 0


async def test_a_replay_takes_no_lead_away(bare_world: "World", replays: Replays) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"email": "eva@example.com"})
    await world.settle()
    await shop.publish(email=["mistyped"])
    done = await run(world, replays)
    assert done["counts"] == {"would_lose_contact": 1}
    assert (await states(world), world.published("lead-scored-bulk")) == (["opened"], [])


async def test_a_closed_lead_is_put_right_and_not_opened_again(bare_world: "World", replays: Replays) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"email": "eva@example.com", "firma": "Nordlicht"})
    await world.settle()
    await world.fetch("UPDATE leads SET state = 'closed', closed_at = now(), close_reason = 'won'")
    await shop.publish(email=["email"], company=["firma"])
    await run(world, replays)
    assert await world.fetch("SELECT state FROM leads") == [{"state": "closed"}]
    (person,) = await world.fetch("SELECT profile FROM persons")
    assert person["profile"]["company"] == "Nordlicht"
    assert world.published("lead-scored-bulk") == []


async def test_spam_stays_in_quarantine_with_what_it_really_said(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    spam = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT)
    shop.post({"email": "eva@example.com", "firma": "Nordlicht"}, verdict=spam)
    await world.settle()
    await shop.publish(email=["email"], company=["firma"])
    await run(world, replays)
    assert await states(world) == ["quarantined"]
    (row,) = await world.fetch("SELECT event -> 'profile' ->> 'company' AS company FROM submissions")
    assert row["company"] == "Nordlicht"
    assert await world.fetch("SELECT 1 FROM persons") == []
    assert await unaccounted(world) == 0


async def test_a_body_that_could_not_be_read_is_told(bare_world: "World", replays: Replays) -> None:
    world = bare_world
    await Shop(world, email=["email"]).open()
    unreadable = Verdict(outcome="quarantined", reason=QuarantineReason.UNREADABLE)
    world.submit({}, raw="bm90IGpzb24=", verdict=unreadable, received_at=START)
    await world.settle()
    assert (await run(world, replays))["counts"] == {"unreadable": 1}


async def test_a_replay_goes_on_where_a_crash_left_it(
    bare_world: "World", replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = bare_world
    monkeypatch.setattr("scoring.replay.CHUNK", 2)
    shop = await Shop(world, email=["email"]).open()
    for number in range(5):
        shop.post({"correo": f"p{number}@example.com"}, number)
    await world.settle()
    await shop.publish(email=["correo"])
    asked = await replays.begin("demo", START, None, by="ana", why="renamed")
    unit_of = world.runtime.in_transaction
    chunks = 0

    async def dies_at_the_second(work: Any) -> Any:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise ConnectionError("gone")
        return await unit_of(work)

    monkeypatch.setattr(world.runtime, "in_transaction", dies_at_the_second)
    with pytest.raises(ConnectionError):
        await replays.work()
    monkeypatch.setattr(world.runtime, "in_transaction", unit_of)
    assert (await replays.progress(asked["replay_id"]))["seen"] == 2
    await Replays(world.runtime).work()
    await world.runtime.published()
    await world.settle()
    assert await states(world) == ["opened"] * 5
    assert (await world.effects())["remapped"] == 5


async def test_a_replay_waits_for_the_mapping_that_was_just_published(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"correo": "eva@example.com"})
    await world.settle()
    await world.publish_rulebook(document(world, email=["correo"]))
    asked = await replays.begin("demo", START, None, by="ana", why="renamed")
    assert (asked["rulebook_version"], asked["starts_at"] > asked["at"]) == (2, True)
    await replays.work()
    assert (await replays.progress(asked["replay_id"]))["finished_at"] is None


async def test_a_form_that_is_not_there_is_told(bare_world: "World", replays: Replays) -> None:
    await Shop(bare_world, email=["email"]).open()
    with pytest.raises(UnknownForm, match="its forms are demo"):
        await replays.begin("dmeo", START, None, by="ana", why="mistyped")


async def test_a_replay_whose_form_has_gone_meanwhile_ends_with_the_reason_and_stops_no_other(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    shop.post({"correo": "eva@example.com"})
    await world.settle()
    await shop.publish(email=["correo"])
    gone = await replays.begin("demo", START - timedelta(days=1), None, by="ana", why="renamed")
    await world.fetch("UPDATE replays SET form_id = 'fair'")
    kept = await replays.begin("demo", START - timedelta(days=1), None, by="ana", why="renamed")
    await replays.work()
    ended = await replays.progress(gone["replay_id"])
    assert "has no form 'fair'; its forms are demo; publish one that has it" in ended["error"]
    assert ended["finished_at"] is not None
    assert (await replays.progress(kept["replay_id"]))["counts"] == {"changed": 1}
    await replays.work()


@pytest.mark.parametrize("spoiled", ["mapped", "sent", "stored"])
async def test_a_submission_that_breaks_is_set_aside_with_its_reason_and_the_others_go_on(
    bare_world: "World", replays: Replays, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    bad, *_ = (shop.post({"correo": f"p{number}@example.com"}, number) for number in range(3))
    await world.settle()
    await shop.publish(email=["correo"])

    def failing(call: Callable[..., Any], place: int) -> Callable[..., Any]:
        def made(*given: Any, **more: Any) -> Any:
            if given[place].submission_id == bad.submission_id:
                raise RuntimeError("what p0@example.com typed")
            return call(*given, **more)

        return made

    if spoiled == "mapped":
        monkeypatch.setattr(replay, "map_again", failing(map_again, 0))
    elif spoiled == "sent":
        monkeypatch.setattr(replay, "publish_again", failing(publish_again, 1))
    else:
        await world.fetch("UPDATE submissions SET event = '{\"fields\": 1}' WHERE id = $1", bad.submission_id)
    told = await run(world, replays)
    assert told["finished_at"] is not None
    assert await states(world) == ["opened", "opened", "quarantined"]
    if spoiled == "stored":
        assert told["counts"] == {"unreadable": 1, "changed": 2}
        return
    assert told["counts"] == {"broken": 1, "changed": 2}
    assert told["set_aside"] == [{"submission_id": str(bad.submission_id), "reason": "RuntimeError"}]


async def test_a_correction_takes_the_place_of_what_it_corrects(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], employees=["size"], city=["city"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    shop.post({"email": "eva@example.com", "size": 90, "city": "Vigo"}, **vendor)
    await world.settle()
    corrected = shop.post({"email": "eva@example.com", "size": 9}, 3 * 60, **vendor)
    await world.settle()
    first, second = world.scored()
    assert (second.lead_id, second.submissions) == (first.lead_id, 1)
    assert (second.profile.employees, second.profile.city) == (9, None)
    assert {c.rule for c in second.score.contributions}.isdisjoint({"large", "returns"})
    assert (await world.states())[corrected.submission_id] == "joined"
    assert await unaccounted(world) == 0


async def test_a_correction_may_put_the_address_right(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], name=["name"], phone=["phone"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    typed = {"email": "eva@exmaple.com", "name": "Eva Ros", "phone": "+34600111222"}
    shop.post(typed, **vendor)
    shop.post(typed | {"email": "eva@example.com"}, 5, **vendor)
    await world.settle()
    assert [lead["state"] for lead in await world.fetch("SELECT state FROM leads")] == ["open"]
    assert world.scored()[-1].profile.email == "eva@example.com"
    (phone,) = await world.fetch("SELECT identifies FROM identity_keys WHERE kind = 'phone'")
    assert phone["identifies"]


async def test_the_same_vendors_id_hours_later_is_no_new_lead(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    shop.post({"email": "eva@example.com"}, **vendor)
    shop.post({"email": "eva@example.com"}, 3 * 60, **vendor)
    await world.settle()
    assert (len(await world.states()), len(world.scored())) == (1, 1)


async def test_a_correction_that_comes_first_stays_what_holds(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], employees=["size"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    shop.post({"email": "eva@example.com", "size": 9}, 5, **vendor)
    shop.post({"email": "eva@example.com", "size": 90}, **vendor)
    await world.settle()
    (person,) = await world.fetch("SELECT profile FROM persons")
    (lead,) = await world.fetch("SELECT submissions FROM leads")
    assert (person["profile"]["employees"], lead["submissions"]) == (9, 1)


async def test_what_was_corrected_while_a_replay_mapped_it_again_counts_no_more(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], employees=["size"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    first = shop.post({"email": "eva@example.com", "size": 90}, **vendor)
    shop.post({"email": "eva@example.com", "size": 9}, 5, **vendor)
    await world.settle()
    send_again(world, first, profile=Profile(email="eva@example.com", employees=90, city="Vigo"))
    await world.settle()
    (person,) = await world.fetch("SELECT profile FROM persons")
    (lead,) = await world.fetch("SELECT submissions FROM leads")
    assert (person["profile"].get("city"), person["profile"]["employees"], lead["submissions"]) == (
        None,
        9,
        1,
    )
    assert "remapped" not in await world.effects()


async def test_what_a_correction_and_a_replay_of_one_batch_say_counts_once(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], employees=["size"]).open()
    vendor: dict[str, Any] = {"key": "v-1", "key_origin": "vendor"}
    first = shop.post({"email": "eva@example.com", "size": 90}, **vendor)
    await world.settle()
    await world.stop()
    send_again(world, first, profile=Profile(email="eva@example.com", city="Vigo"))
    shop.post({"email": "eva@example.com", "size": 9}, 5, **vendor)
    send_again(world, first, profile=Profile(email="eva@example.com", city="Lugo"))
    await world.settle()
    (person,) = await world.fetch("SELECT profile FROM persons")
    (lead,) = await world.fetch("SELECT submissions FROM leads")
    assert (person["profile"].get("city"), person["profile"]["employees"], lead["submissions"]) == (
        None,
        9,
        1,
    )


async def test_what_only_showed_two_persons_to_be_one_brings_nothing_to_their_leads(world: "World") -> None:
    """It asks for another line, with consent; theirs are tests that ask for nothing."""
    phone, email = {"phone": "+34600111222"}, {"email": "eva@example.com"}
    quiet: dict[str, Any] = {"is_test": True, "explicit_ask": False}
    world.submit(phone, **quiet)
    joined = world.submit(email, **quiet, received_at=START + timedelta(minutes=5))
    merging = world.submit(
        phone | email,
        received_at=START + timedelta(minutes=10),
        lines=["training"],
        consent=Consent(given=True, text="Call me.", at=START),
    )
    await world.settle()
    for _ in range(2):
        send_again(world, joined, profile=Profile(**email, city="Vigo"))
        send_again(world, merging, attribution=FROM_THE_FAIR)
        await world.settle()
    main, training = await world.fetch("SELECT * FROM leads WHERE state = 'open' ORDER BY line")
    assert (main["submissions"], main["asks"], main["is_test"], main["consent"]) == (2, False, True, None)
    assert (training["submissions"], training["asks"], training["is_test"]) == (1, True, False)
    assert training["attribution"]["utm_campaign"] == "fair"
    (kept,) = await world.fetch(
        "SELECT lead_ids, merged_leads FROM submissions WHERE id = $1", merging.submission_id
    )
    assert kept == {"lead_ids": [training["id"]], "merged_leads": [main["id"]]}


async def test_a_constant_vendors_id_loses_nobody(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    for number in range(3):
        shop.post({"email": f"p{number}@example.com"}, number, key="constant", key_origin="vendor")
    await world.settle()
    assert await states(world) == ["opened", "quarantined", "quarantined"]
    (first, _) = await world.fetch("SELECT reason, detail FROM quarantine")
    assert first["reason"] == "key_reused"
    assert "for somebody else" in first["detail"]


async def test_what_a_later_form_leaves_blank_wipes_nothing(bare_world: "World") -> None:
    world = bare_world
    shop = await Shop(world, email=["email"], phone=["phone"], company=["company"]).open()
    shop.post({"email": "ana@example.com", "phone": "+34600000001", "company": "Nordlicht"})
    shop.post({"email": "ana@example.com", "company": ""}, 10)
    await world.settle()
    profile = world.scored()[-1].profile
    assert (profile.phone, profile.company) == ("+34600000001", "Nordlicht")


async def test_a_replay_puts_consent_and_attribution_right_too(bare_world: "World", replays: Replays) -> None:
    """The newsletter's tick was read as consent to be called, and the campaign was not read at all."""
    world = bare_world
    shop = await Shop(world, email=["email"]).open()
    world.document["forms"]["demo"] |= {"consent_field": "newsletter"}
    typed = {"email": "eva@example.com", "newsletter": "yes", "call_me": "no", "kampagne": "fair"}
    shop.post(typed, consent=Consent(given=True, at=START))
    await world.settle()
    assert world.scored()[-1].consent == Consent(given=True, at=START)
    world.document["forms"]["demo"] |= {"consent_field": "call_me"}
    await shop.publish(email=["email"], utm_campaign=["kampagne"])
    await run(world, replays)
    (event,) = world.published("lead-scored-bulk")
    assert event.consent is not None
    assert event.consent.given is False
    assert event.attribution.utm_campaign == "fair"
    (lead,) = await world.fetch("SELECT consent ->> 'given' AS given, invited_at FROM leads")
    assert (lead["given"], lead["invited_at"]) == ("false", None)


async def test_whoever_turns_out_to_be_somebody_else_takes_consent_and_attribution_along(
    bare_world: "World", replays: Replays
) -> None:
    world = bare_world
    shop = await Shop(world, email=["office"], name=["name"]).open()
    agreed = Consent(given=True, text="Call me.", at=START)
    eva = {"office": "front@example.com", "email": "eva@example.com", "name": "Eva", "utm_campaign": "fair"}
    shop.post(eva, consent=agreed, attribution=FROM_THE_FAIR)
    shop.post({"office": "front@example.com", "email": "front@example.com", "name": "Leo"}, 10)
    await world.settle()
    await shop.publish(email=["email"], name=["name"])
    await run(world, replays)
    leads = await world.fetch(
        "SELECT p.profile ->> 'email' AS email, l.consent, l.attribution ->> 'utm_campaign' AS campaign"
        " FROM leads l JOIN persons p ON p.id = l.person_id WHERE l.state = 'open' ORDER BY 1"
    )
    assert [(lead["email"], lead["campaign"]) for lead in leads] == [
        ("eva@example.com", "fair"),
        ("front@example.com", None),
    ]
    assert leads[0]["consent"]["text"] == "Call me."
    assert leads[1]["consent"] is None


async def test_decisions_that_take_longer_than_a_transaction_may_be_idle_are_kept(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where many submissions of one person come again who has sent tens of thousands."""
    idle = "SELECT set_config('idle_in_transaction_session_timeout', '400ms', true)"
    register, decide = load.register_keys, Desk.take

    async def impatient(conn: Connection, *given: Any) -> Any:
        await conn.execute(idle)
        return await register(conn, *given)

    def slow(desk: Desk, incoming: Incoming) -> Fate | None:
        time.sleep(0.15)
        return decide(desk, incoming)

    monkeypatch.setattr(load, "register_keys", impatient)
    monkeypatch.setattr(Desk, "take", slow)
    monkeypatch.setattr(handlers, "QUIET", 0.1)
    for number in range(6):
        world.submit({"email": f"p{number}@example.com"}, partition=0)
    await world.settle()
    assert await states(world) == ["opened"] * 6

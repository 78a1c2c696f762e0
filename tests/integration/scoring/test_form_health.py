"""Form health through the running consumer: counted from what is stored, told by webhook and e-mail."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from delivery.addresses import Allowed
from delivery.mail import Mail, MailServer
from delivery.message import Carrier, Channel
from delivery.sender import Sender
from delivery.webhook import Webhooks
from lead_events import FetchReported, ImportedRow, ImportProgressed, Rerun, Verdict
from lead_events.words import QuarantineReason, RerunKind
from rulebook.mapping import map_submission
from rulebook.publication import parse
from scoring.accounting import conservation_answer
from scoring.api import scoring_router
from scoring.health import HealthBook, fetch_reports_spec
from scoring.releases import Decision, Kind, Releases
from scoring.replay import Replays
from scoring.settings import ScoringSettings
from scoring.store import health as store
from scoring.store import imports
from scoring.store.quarantine import Filter
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.problems import install_problems
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets
from tests.integration.delivery.conftest import SECRET, Mailbox, Receiver, mailbox, receiver
from tests.integration.scoring.conftest import RULEBOOK, TOKEN, World

__all__ = ["mailbox", "receiver"]

MONDAY = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 17, 10, tzinfo=UTC)
"""18:10 in Madrid."""

TOOLS: dict[str, dict[str, dict[str, Any]]] = {
    "website": {
        "fields": {"email": {"from": ["email"]}, "company": {"from": ["company"]}},
    },
    "survey": {
        "fields": {"email": {"from": ["answers.email_1"]}, "company": {"from": ["answers.firm"]}},
    },
    "builder": {
        "fields": {"email": {"from": ["your-email"]}, "company": {"from": ["your-company"]}},
    },
}
Body = Callable[[int], dict[str, Any]]
RENAMED: dict[str, Body] = {
    "website": lambda n: {"correo": f"eva{n}@example.com", "company": "Example"},
    "survey": lambda n: {"answers": {"firm": "Example"}, "email_2": f"eva{n}@example.com"},
    "builder": lambda n: {"e-mail": f"eva{n}@example.com", "your-company": "Example"},
}
BEFORE: dict[str, Body] = {
    "website": lambda n: {"email": f"eva{n}@example.com", "company": "Example"},
    "survey": lambda n: {"answers": {"email_1": f"eva{n}@example.com", "firm": "Example"}},
    "builder": lambda n: {"your-email": f"eva{n}@example.com", "your-company": "Example"},
}


def document(port: int = 0) -> dict[str, Any]:
    made = copy.deepcopy(RULEBOOK)
    for name, tool in TOOLS.items():
        made["forms"][name] = {
            "name": name,
            "key": f"form-key-{name}",
            "source": "website",
            "required": ["email"],
            **copy.deepcopy(tool),
        }
    made["alerts"] = {
        "repeat_after": "24h",
        "channels": {
            "hook": {"kind": "webhook", "url": f"http://127.0.0.1:{port}/alerts", "secret": "alerts"},
            "mail": {"kind": "email", "to": ["ana@example.com"]},
        },
    }
    return made


class Watch(World):
    """Scoring whose database time is the test's, with its health looked at when the test says."""

    clock: ManualClock
    book: HealthBook
    sent: int = 0

    def come(self, form: str, fields: dict[str, Any], **given: Any) -> None:
        """One submission as intake would send it, mapped by the form."""
        self.sent += 1
        rulebook = parse(self.tools)
        mapped = map_submission(rulebook.forms[form], fields)
        verdict = (
            Verdict(outcome="quarantined", reason=QuarantineReason.FIELD_MISSING)
            if mapped.missing
            else Verdict()
        )
        self.submit(
            **{
                "form_id": form,
                "fields": fields,
                "profile": mapped.profile,
                "unmapped": mapped.unmapped or None,
                "flags": mapped.flags,
                "verdict": verdict,
                "received_at": self.clock.now(),
                "fingerprint": f"{self.sent}",
            }
            | given
        )

    tools: dict[str, Any]

    async def look(self, seconds: float = 10) -> None:
        """Store what came, let time go by, and look."""
        await self.settle()
        self.clock.advance(seconds)
        await self.book.work()

    async def read_up_to(self, at: datetime) -> None:
        """As the consumer notes it every two seconds; it is stopped, so that the test alone does."""
        if self.running:
            await self.stop()
        async with self.database.acquire() as conn:
            await conn.execute("UPDATE reading SET read_up_to = $1", at)

    async def alerts(self) -> list[tuple[str, str, str]]:
        rows = await self.fetch(
            "SELECT form_id, kind, subject FROM alerts WHERE closed_at IS NULL ORDER BY 1, 2, 3"
        )
        return [(row["form_id"], row["kind"], row["subject"]) for row in rows]


@pytest.fixture
async def watch(scoring_dsn: str, receiver: Receiver) -> AsyncIterator[Watch]:
    clock = ManualClock(MONDAY)
    settings = ScoringSettings(
        dsn=SecretStr(scoring_dsn), operator_token=SecretStr(TOKEN), gather_ms=0, instance="test"
    )
    database = Database(
        scoring_dsn,
        schema="scoring",
        application_name=f"health-{uuid4().hex[:6]}",
        max_size=12,
        clock=ManualTransactionClock(clock),
    )
    broker = FakeBroker(partitions=1)
    runtime = Runtime(settings, broker=broker, database=database)
    await runtime.open()
    await runtime.publisher.start()
    made = Watch(runtime, broker)
    made.clock, made.book, made.tools = clock, HealthBook(database), document(receiver.port)
    await made.publish_rulebook(made.tools)
    yield made
    await made.stop()
    await runtime.close()


def sender(watch: Watch, mailbox: Mailbox) -> Sender:
    carriers: dict[Channel, Carrier] = {
        Channel.WEBHOOK: Webhooks(
            Secrets(environ={"BATON_SECRET_ALERTS": SECRET}), allowed=Allowed.parse("127.0.0.0/8")
        ),
        Channel.EMAIL: Mail(MailServer.parse(f"smtp://127.0.0.1:{mailbox.port}"), "baton@example.org"),
    }
    return Sender(watch.database, carriers, watch.clock)


async def test_a_field_renamed_on_friday_evening_in_three_tools_is_told_within_half_an_hour(
    watch: Watch,
    receiver: Receiver,
    mailbox: Mailbox,
) -> None:
    watch.clock.advance((FRIDAY - timedelta(hours=25) - watch.clock.now()).total_seconds())
    for number in range(25):
        for form, body in BEFORE.items():
            watch.come(form, body(number))
        await watch.look(3600)
    assert await watch.alerts() == []
    watch.clock.advance((FRIDAY - watch.clock.now()).total_seconds())
    for number in range(3):
        watch.clock.advance(8 * 60)
        for form, body in RENAMED.items():
            watch.come(form, body(100 + number))
        await watch.look()
    assert watch.clock.now() - FRIDAY < timedelta(minutes=30)
    assert await watch.alerts() == [
        ("builder", "field_renamed", "email"),
        ("survey", "field_renamed", "email"),
        ("website", "field_renamed", "email"),
    ]
    await sender(watch, mailbox).work()
    assert len(receiver.got) == len(mailbox.letters) == 3
    for headers, posted in receiver.got:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert headers["webhook-signature"] == Webhook(SECRET).sign(
            headers["webhook-id"], at, posted.decode()
        )
        assert at - FRIDAY < timedelta(minutes=30)
    told = {each["data"]["form"]: each["data"] for each in (orjson.loads(body) for _, body in receiver.got)}
    assert told["website"]["facts"]["now"] == "correo"
    assert "baton replay submissions --form website --since 2026-03-06T17:18Z" in told["website"]["text"]
    letters = [message_from_bytes(each, policy=default) for each in mailbox.letters]
    assert sorted(str(letter["Subject"]) for letter in letters) == [
        "[Baton] email seems to have been renamed to correo on form website",
        "[Baton] email seems to have been renamed to e-mail on form builder",
        "[Baton] email seems to have been renamed to email_2 on form survey",
    ]
    assert not any(b"eva" in each for each in (*mailbox.letters, *(body for _, body in receiver.got)))


async def usual(watch: Watch, count: int = 25) -> None:
    for number in range(count):
        watch.come("website", BEFORE["website"](number))
    await watch.look()


async def test_an_alert_is_told_once_repeated_after_a_day_and_closes_by_itself(watch: Watch) -> None:
    await usual(watch)
    watch.come("website", RENAMED["website"](100))
    await watch.look()
    for _ in range(5):
        await watch.look(3600)
    assert await watch.alerts() == [("website", "field_renamed", "email")]
    await watch.look(20 * 3600)
    watch.come("website", BEFORE["website"](101))
    await watch.look()
    # the old name is back: what is left is that the form sent an unknown field once
    assert await watch.alerts() == [("website", "unknown_field", "correo")]
    for number in range(20):
        watch.come("website", BEFORE["website"](200 + number))
    await watch.look()
    assert await watch.alerts() == []
    acts = await watch.fetch("SELECT act, receivers FROM alert_acts ORDER BY at, act")
    assert [(each["act"], each["receivers"]) for each in acts] == [
        ("opened", 2),
        ("repeated", 2),
        ("opened", 2),
        ("superseded", 0),
        ("closed", 2),
    ]
    assert (await watch.fetch("SELECT count(*)::int AS n FROM deliveries"))[0]["n"] == 8


async def test_tests_imports_and_reruns_of_nothing_do_not_count(watch: Watch) -> None:
    await usual(watch)
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=MONDAY, by="ana")
    row = ImportedRow(import_id=uuid4(), row=1)
    for given in ({"is_test": True}, {"imported": row}, {"rerun": rerun}):
        watch.come("website", {"strange": "x", "email": "z@example.com"}, **given)
    await watch.look()
    assert await watch.alerts() == []
    (kept,) = await watch.fetch("SELECT submissions, unmapped FROM form_health")
    assert (kept["submissions"], kept["unmapped"]) == (25, {})


async def test_a_form_that_falls_silent_is_told_until_something_comes(watch: Watch) -> None:
    for day in range(33):  # five weeks, office days only; it ends on a Friday
        if (MONDAY + timedelta(days=day)).weekday() < 5:
            for number in range(8):
                watch.clock.advance(
                    (MONDAY + timedelta(days=day, hours=number) - watch.clock.now()).total_seconds()
                )
                watch.come("website", BEFORE["website"](100 * day + number))
    await watch.look(60)
    for _ in range(62):  # the weekend
        await watch.read_up_to(watch.clock.now())
        await watch.look(3600)
        assert await watch.alerts() == []
    for _ in range(10):  # a Monday on which nothing comes, as long as topics are read
        await watch.look(3600)
    await watch.read_up_to(watch.clock.now() - timedelta(hours=10))
    await watch.look()
    assert await watch.alerts() == []
    await watch.read_up_to(watch.clock.now())
    await watch.look()
    assert await watch.alerts() == [("website", "form_silent", "")]
    for _ in range(10):  # ten weeks, longer than its pattern is looked back for
        await watch.look(7 * 24 * 3600)
        await watch.read_up_to(watch.clock.now())
        await watch.look()
        assert await watch.alerts() == [("website", "form_silent", "")]
    watch.come("website", BEFORE["website"](9999))
    await watch.look()
    assert await watch.alerts() == []


async def test_a_spam_wave_and_leads_given_up_are_told(watch: Watch) -> None:
    for reason in (QuarantineReason.SPAM_WAVE, QuarantineReason.FETCH_FAILED):
        for _ in range(5):
            watch.come("website", {}, verdict=Verdict(outcome="quarantined", reason=reason))
    await watch.look()
    assert await watch.alerts() == [("website", "fetch_failed", ""), ("website", "spam_wave", "")]
    await watch.look(3 * 3600)
    assert await watch.alerts() == [("website", "fetch_failed", "")]


async def test_a_wave_is_one_alert_with_its_suspects_and_whoever_was_held_back(
    watch: Watch, receiver: Receiver, mailbox: Mailbox
) -> None:
    """Nobody at first, then two; the word that it is over has the numbers of all of it."""
    suspect = Verdict(outcome="quarantined", reason=QuarantineReason.HONEYPOT)
    held = Verdict(outcome="quarantined", reason=QuarantineReason.SPAM_WAVE)
    for number in range(101):
        watch.come("website", BEFORE["website"](number), verdict=suspect)
    await watch.look()
    assert await watch.alerts() == [("website", "spam_wave", "")]
    for verdict in (suspect, held, held):
        watch.come("website", BEFORE["website"](900), verdict=verdict)
    await watch.look()
    await watch.look(29 * 60)
    assert await watch.alerts() == [("website", "spam_wave", "")]
    await watch.look(2 * 60)
    assert await watch.alerts() == []
    await sender(watch, mailbox).work()
    facts = [orjson.loads(body)["data"]["facts"] for _, body in receiver.got]
    assert sorted(facts, key=lambda each: each["suspects"]) == [
        {"suspects": 101, "bystanders": 0},
        {"suspects": 102, "bystanders": 2},
    ]


async def test_a_country_that_is_none_is_told_with_how_many_sent_it(watch: Watch) -> None:
    await usual(watch)
    watch.tools["forms"]["website"]["fields"]["country"] = {"from": ["country"]}
    for country in ("Spain", "Spane", "Spane"):
        watch.come("website", {"email": "ana@example.com", "country": country})
    await watch.look()
    async with asking(watch) as client:
        (told,) = (await client.get("/v1/forms/website/health")).json()["unread"]
    assert (told["flag"], told["submissions"]) == ("country:unknown", 2)


async def test_after_a_replay_health_shows_what_the_mended_mapping_reads(watch: Watch) -> None:
    await usual(watch)
    for number in range(6):
        watch.come("website", {**RENAMED["website"](100 + number), "odd": "x"})
    await watch.look()
    async with asking(watch) as client:
        broken = (await client.get("/v1/forms/website/health")).json()
        assert (broken["quarantined"], {each["field"] for each in broken["unmapped"]}) == (
            6,
            {"correo", "odd"},
        )
    watch.tools["forms"]["website"]["fields"]["email"]["from"] = ["email", "correo"]
    await watch.publish_rulebook(watch.tools)
    await watch.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")
    watch.book = HealthBook(watch.database)
    replays = Replays(watch.runtime)
    await replays.begin("website", MONDAY, None, by="ana", why="renamed")
    await replays.work()
    await watch.runtime.published()
    await watch.look()
    async with asking(watch) as client:
        mended = (await client.get("/v1/forms/website/health")).json()
    email = next(each for each in mended["fields"] if each["field"] == "email")
    assert (email["filled"], email["seen"], email["empty_running"]) == (31, 31, 0)
    assert {each["field"] for each in mended["unmapped"]} == {"odd"}
    assert (mended["submissions"], mended["quarantined"]) == (31, 0)
    assert await watch.alerts() == [("website", "unknown_field", "odd")]
    assert await watch.fetch("SELECT 1 FROM form_recounts") == []


@pytest.mark.parametrize("kind", ["release", "refuse"])
async def test_what_was_decided_on_is_in_quarantine_no_more(watch: Watch, kind: Kind) -> None:
    for number in range(3):
        watch.come("website", RENAMED["website"](number))
    await watch.look()
    releases = Releases(watch.runtime)
    wanted = Filter(form="website")
    async with asking(watch) as client:
        assert (await client.get("/v1/forms/health")).json()["forms"][3]["quarantined"] == 3
        await releases.decide(Decision(kind, wanted, 3, by="ana", why="looked"))
        assert (await client.get("/v1/forms/health")).json()["forms"][3]["quarantined"] == 0
        await watch.runtime.published()
        await watch.look()
        assert (await client.get("/v1/forms/website/health")).json()["quarantined"] == 0


async def test_a_submission_that_cannot_be_looked_at_keeps_no_other_from_being_counted(watch: Watch) -> None:
    for number in range(3):
        watch.come("website", BEFORE["website"](number))
    await watch.settle()
    await watch.fetch(
        "UPDATE submissions SET event = jsonb_set(event, '{profile}', '\"broken\"')"
        " WHERE id = (SELECT min(id::text)::uuid FROM submissions)"
    )
    await watch.look()
    (kept,) = await watch.fetch("SELECT fields -> 'email' ->> 'filled' AS filled FROM form_health")
    assert kept["filled"] == "2"


async def test_what_intake_says_of_fetching_comes_through_a_consumer_of_its_own(watch: Watch) -> None:
    """The latest word of each instance holds, also of several in one batch; lead lanes are not waited for."""
    consumer = watch.runtime.consumer(fetch_reports_spec())
    task = asyncio.create_task(consumer.run())
    at = watch.clock.now()
    for state, minutes in (("failing", 0), ("recovered", -5), ("failing", 1)):
        watch.send(report(state, at + timedelta(minutes=minutes)), "fetch-reported", key="survey", time=at)
    await told(watch, 3)
    await watch.look()
    assert await watch.alerts() == [("survey", "fetch_failed", "")]
    watch.send(report("recovered", at + timedelta(minutes=2)), "fetch-reported", key="survey", time=at)
    await told(watch, 4)
    await watch.look()
    assert await watch.alerts() == []
    consumer.stop()
    await task
    assert (await conservation_answer(watch.database))["unaccounted"] == 0


async def told(watch: Watch, records: int) -> None:
    """Wait until the consumer has booked so many."""
    for _ in range(6000):
        if (await effects_of(watch, "scoring-forms")).get("effect:noted") == records:
            return
        await asyncio.sleep(0.005)
    pytest.fail(f"scoring-forms has not noted {records} reports")


async def effects_of(watch: Watch, consumer: str) -> dict[str, int]:
    rows = await watch.fetch(
        "SELECT kind, sum(records)::int AS n FROM hop_counts WHERE consumer = $1 GROUP BY 1", consumer
    )
    return {row["kind"]: row["n"] for row in rows}


def report(state: str, at: datetime) -> FetchReported:
    return FetchReported.model_validate(
        {
            "form_id": "survey",
            "vendor": "meta",
            "state": state,
            "reason": "token",
            "waiting": 3,
            "instance": "intake-1",
            "at": at,
            "since": at,
        }
    )


async def test_a_token_that_fails_is_told_and_its_recovery_closes_the_alert(watch: Watch) -> None:
    for state, expected in (("failing", [("survey", "fetch_failed", "")]), ("recovered", [])):
        async with watch.database.transaction() as conn:
            await store.note_fetches(conn, [report(state, watch.clock.now())])
        await watch.look()
        assert await watch.alerts() == expected


async def test_two_submissions_of_one_moment_are_counted_once_each(watch: Watch) -> None:
    """Also over many small transactions, and however often it looks."""
    for number in range(7):
        watch.come("website", BEFORE["website"](number))
    for _ in range(3):
        await watch.look()
    (kept,) = await watch.fetch("SELECT submissions, counted FROM form_health")
    assert (kept["submissions"], kept["counted"]) == (7, 7)


async def test_what_is_being_stored_is_waited_for(watch: Watch) -> None:
    """A transaction that began earlier and is still open may yet store an earlier submission."""
    await usual(watch, 1)
    async with watch.database.acquire() as conn:
        started = await conn.fetchval("SELECT clock_timestamp()")
    async with watch.database.transaction() as conn:
        await conn.execute("SELECT 1")
        async with watch.database.acquire() as other:
            horizon = await other.fetchval(store._q.horizon, datetime.now(UTC) + timedelta(days=1))
        assert horizon - started < timedelta(seconds=10)


async def test_a_form_that_only_files_feed_says_so(watch: Watch) -> None:
    report = ImportProgressed(
        import_id=uuid4(),
        seq=2,
        state="finished",
        form_id="website",
        file="fair.csv",
        by="ana",
        started_at=MONDAY,
        at=MONDAY + timedelta(minutes=1),
        settings={},
        rows=90,
        published=80,
        refused=10,
    )
    nothing_sent = report.model_copy(update={"import_id": uuid4(), "state": "failed", "published": 0})
    async with watch.database.transaction() as conn:
        await imports.note(conn, [report, nothing_sent])
    async with asking(watch) as client:
        *_, website = (await client.get("/v1/forms/health")).json()["forms"]
        assert (website["submissions"], website["last_at"]) == (0, None)
        imported = {"files": 1, "rows": 80, "last_at": "2026-02-02T08:01:00Z"}
        assert website["imported"] == imported
        assert (await client.get("/v1/forms/website/health")).json()["imported"] == imported
        assert "imported" not in (await client.get("/v1/forms/demo/health")).json()


def asking(watch: Watch) -> httpx.AsyncClient:
    """An operator's client of the API."""
    app = FastAPI()
    install_problems(app)
    app.include_router(scoring_router(watch.runtime))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://scoring",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


async def test_the_api_tells_how_forms_are(watch: Watch) -> None:
    await usual(watch)
    watch.come("website", RENAMED["website"](100))
    await watch.look()
    async with asking(watch) as client:
        every = (await client.get("/v1/forms/health")).json()["forms"]
        assert [each["form"] for each in every] == ["builder", "demo", "survey", "website"]
        assert every[3]["alerts"][0]["alert"] == "field_renamed"
        one = (await client.get("/v1/forms/website/health")).json()
        assert one["submissions"] == 26
        email = next(each for each in one["fields"] if each["field"] == "email")
        assert (email["filled"], email["seen"], email["empty_running"]) == (25, 26, 1)
        assert one["unmapped"][0]["field"] == "correo"
        assert one["unmapped"][0]["looks_like"] == "email"
        assert one["silence"]["pattern"] is False
        alerts = (await client.get("/v1/alerts?state=all")).json()["alerts"]
        assert len(alerts[0]["deliveries"]) == 2
        assert alerts[0]["acts"][0]["act"] == "opened"
        missing = await client.get("/v1/forms/nowhere/health")
        assert missing.status_code == 404
        assert "website" in missing.json()["detail"]
        assert "eva" not in (await client.get("/v1/alerts")).text

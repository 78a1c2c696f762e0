"""One person: exported, erased so that nothing brings them back, left alone; through the running consumer."""

import asyncio
import base64
import contextlib
import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from lead_events import (
    Attribution,
    Consent,
    ImportedRow,
    LeadRouted,
    LeadSubmitted,
    PersonErased,
    Profile,
    Rerun,
    Verdict,
)
from lead_events.ids import lead_id
from lead_events.words import CauseKind, CloseReason, Quadrant, QuarantineReason, RerunKind, RoutedKind
from scoring.accounting import conservation_answer
from scoring.api.persons import person_routes
from scoring.consumer import consumer_spec
from scoring.domain.erasure import ErasureKeys
from scoring.domain.submissions import Incoming
from scoring.errors import NamesThePerson, NoErasureKey, SharedPhone, UnknownPerson
from scoring.handlers import Scoring
from scoring.persons import Done, Named, Order, PersonDesk
from scoring.releases import CountChanged, Decision, Releases
from scoring.replay import Replays
from scoring.store.quarantine import Filter
from scoring.tombstones import Tombstones
from service_kit.clock import pause
from service_kit.consumer import Consumer
from service_kit.problems import install_problems
from tests.patience import HANGS_AFTER

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVA = {"email": "eva@example.com", "phone": "+34600111222", "name": "Eva Sample"}
KEYS = ErasureKeys.of("a long random text")
ORDER = Order("dpo", "asked for it in writing, ticket 12")


@pytest.fixture
async def keyed(world: "World", monkeypatch: pytest.MonkeyPatch) -> "World":
    """Scoring with an erasure key."""

    def consumer() -> Consumer:
        return world.runtime.consumer(
            consumer_spec(Scoring(Tombstones(KEYS)), world.database, world.runtime.clock)
        )

    monkeypatch.setattr(world, "consumer", consumer)
    return world


def desk(world: "World", keys: ErasureKeys = KEYS) -> PersonDesk:
    return PersonDesk(world.runtime, keys)


def by_email(email: str = "eva@example.com") -> Named:
    return Named(key=("email", email))


async def erase(world: "World", named: Named | None = None) -> Done:
    done = await desk(world).erase(named or by_email(), ORDER)
    await world.runtime.published()
    return done


async def everything(world: "World") -> str:
    """All tables of the store as one text, in lower case."""
    tables = await world.fetch(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'scoring'::regnamespace AND relkind = 'r' AND relname NOT LIKE '%yoyo%'"
    )
    rows = [str(await world.fetch(f'SELECT * FROM scoring."{table["relname"]}"')) for table in tables]
    return "\n".join(rows).lower()


async def unaccounted(world: "World") -> int:
    answer = await conservation_answer(world.database)
    return int(answer["unaccounted"])


async def test_an_erased_person_is_gone_from_every_table_and_the_counts_hold(keyed: "World") -> None:
    first = keyed.submit(EVA, lines=["main", "training"], key="eva@example.com", key_origin="header")
    keyed.submit({"email": "bob@example.com", "phone": "+34600999888"})
    await keyed.settle()
    twin = keyed.submit({"email": "eva@example.com"}, fingerprint="x")
    keyed.submit({"email": "eva@example.com"}, fingerprint="x", submission_id=uuid4())
    spam = Verdict(outcome="quarantined", reason=QuarantineReason.LINKS, detail="about eva@example.com")
    keyed.submit(EVA, fingerprint="y", verdict=spam, submission_id=uuid4())
    keyed.submit({}, fields={"who": "Eva@Example.com"}, fingerprint="z", verdict=spam, submission_id=uuid4())
    await keyed.settle()
    found = await desk(keyed).find(by_email())
    assert found.counts() == {
        "persons": 1,
        "identity_keys": 2,
        "submissions": 5,
        "leads": 2,
        "open_leads": 2,
    }
    done = await erase(keyed)
    assert done.counts["submissions"] == 5
    kept = await everything(keyed)
    for text in ("eva@example.com", "600111222", "eva sample"):
        assert text not in kept
    assert "bob@example.com" in kept
    states = await keyed.states()
    assert states[first.submission_id] == states[twin.submission_id] == "erased"
    assert sorted(states.values()) == ["erased"] * 5 + ["opened"]
    assert await unaccounted(keyed) == 0
    (told,) = [e for e in keyed.published("person-erased") if isinstance(e, PersonErased)]
    assert set(told.leads) == {lead_id(first.submission_id, line) for line in ("main", "training")}
    assert "eva" not in str(told)
    keyed.send(first, event_id=uuid4())
    await keyed.settle()
    assert (await keyed.effects())["repeated"] == 1
    assert "eva@example.com" not in await everything(keyed)


@pytest.mark.parametrize(
    ("why", "given", "state"),
    [
        ("a spool that drains late", {"received_at": START + timedelta(hours=1)}, "erased"),
        (
            "an imported row of an event before it",
            {"imported": True, "occurred_at": START, "received_at": datetime(2031, 1, 1, tzinfo=UTC)},
            "erased",
        ),
        (
            "an imported row without a date",
            {"imported": True, "received_at": datetime(2031, 1, 1, tzinfo=UTC)},
            "erased",
        ),
        (
            "an imported row of a later event",
            {
                "imported": True,
                "occurred_at": datetime(2030, 12, 31, 12, tzinfo=UTC),
                "received_at": datetime(2031, 1, 1, tzinfo=UTC),
            },
            "opened",
        ),
        ("a live submission after it", {"received_at": datetime(2031, 1, 1, tzinfo=UTC)}, "opened"),
    ],
)
async def test_what_is_from_before_an_erasure_does_not_bring_the_person_back(
    keyed: "World", why: str, given: dict[str, Any], state: str
) -> None:
    old = keyed.submit(EVA)
    await keyed.settle()
    await erase(keyed)
    given = dict(given)
    if given.pop("imported", False):
        given["imported"] = ImportedRow(import_id=uuid4(), row=1)
    again = keyed.submit(
        {"email": "Eva@Example.com"}, fingerprint="other", key="k", key_origin="vendor", **given
    )
    await keyed.settle()
    states = await keyed.states()
    assert states[again.submission_id] == state, why
    kept = await everything(keyed)
    assert ("eva@example.com" in kept) == (state == "opened"), why
    assert await unaccounted(keyed) == 0
    if state == "opened":
        found = await desk(keyed).find(by_email())
        assert found.leads == (lead_id(again.submission_id, "main"),), "a new person with a lead of their own"
        assert old.submission_id not in found.submissions


async def test_somebody_not_known_yet_is_erased_too_and_dropped_when_the_spool_drains(keyed: "World") -> None:
    done = await erase(keyed)
    assert done.counts["persons"] == 0
    (told,) = keyed.published("person-erased")
    assert (told.leads, bool(told.identity_hashes)) == ([], True), "so that a restored store learns it"
    keyed.submit(EVA)
    await keyed.settle()
    assert list((await keyed.states()).values()) == ["erased"]
    assert (await keyed.effects())["erased"] == 1
    assert "eva@example.com" not in await everything(keyed)


async def test_somebody_with_the_same_phone_and_another_email_is_not_dropped(keyed: "World") -> None:
    keyed.submit(EVA)
    await keyed.settle()
    await erase(keyed)
    keyed.submit({"email": "ana@example.com", "phone": EVA["phone"]})
    keyed.submit({"phone": EVA["phone"]}, fingerprint="phone alone", received_at=START + timedelta(minutes=9))
    await keyed.settle()
    assert sorted((await keyed.states()).values()) == ["erased", "erased", "opened"]


async def test_merged_persons_go_together_and_a_shared_phone_stays_shared(keyed: "World") -> None:
    keyed.submit({"email": "eva@example.com"})
    keyed.submit({"external_id": "crm-7"})
    keyed.submit(EVA | {"external_id": "crm-7"}, fingerprint="all")
    keyed.submit({"phone": "+34600111222"})
    keyed.submit({"email": "ana@example.com", "phone": "+34600111222"})
    await keyed.settle()
    with pytest.raises(SharedPhone):
        await desk(keyed).find(Named(key=("phone", "+34600111222")))
    done = await erase(keyed)
    assert (done.counts["persons"], done.counts["submissions"]) == (2, 3)
    assert "eva" not in await everything(keyed)
    keys = await keyed.fetch("SELECT kind, email, identifies FROM identity_keys ORDER BY kind")
    assert keys == [
        {"kind": "email", "email": None, "identifies": True},
        {"kind": "phone", "email": None, "identifies": False},
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"lines": ["nowhere"]},
        {"key": "v-1", "key_origin": "vendor", "fingerprint": "other"},
    ],
    ids=["a line that has no scorecard", "a vendor's id that stands for somebody else"],
)
async def test_who_only_waits_in_quarantine_leaves_no_key_behind(
    keyed: "World", given: dict[str, Any]
) -> None:
    keyed.submit({"email": "bob@example.com"}, key="v-1", key_origin="vendor", fingerprint="bob")
    await keyed.settle()
    keyed.submit(EVA, **given)
    await keyed.settle()
    assert sorted((await keyed.states()).values()) == ["opened", "quarantined"]
    assert len(await keyed.fetch("SELECT 1 FROM identity_keys")) == 1
    await erase(keyed)
    kept = await everything(keyed)
    assert "eva@example.com" not in kept
    assert "600111222" not in kept
    assert await unaccounted(keyed) == 0


async def test_a_key_that_nobody_is_known_by_goes_with_whoever_sent_it(keyed: "World") -> None:
    """As an earlier version left them of those it put aside."""
    spam = Verdict(outcome="quarantined", reason=QuarantineReason.LINKS)
    keyed.submit(EVA, verdict=spam)
    await keyed.settle()
    await keyed.fetch("INSERT INTO identity_keys (kind, value) VALUES ('email', 'eva@example.com')")
    await erase(keyed)
    assert await keyed.fetch("SELECT 1 FROM identity_keys") == []


async def test_a_shared_phone_goes_with_the_last_who_had_it(keyed: "World") -> None:
    for name in ("eva", "bob"):
        keyed.submit(EVA | {"email": f"{name}@example.com"}, fingerprint=name)
        await keyed.settle()
    await erase(keyed)
    assert "600111222" in await everything(keyed)
    await erase(keyed, by_email("bob@example.com"))
    assert "600111222" not in await everything(keyed)
    assert await keyed.fetch("SELECT 1 FROM identity_keys") == []


ALIKE = ("neva@example.com", "x.eva@example.com", "eva@example.com.mx", "eva@example.community")


@pytest.mark.parametrize("email", ALIKE)
async def test_nobody_whose_address_only_looks_alike_is_erased_too(keyed: "World", email: str) -> None:
    unread = Verdict(outcome="quarantined", reason=QuarantineReason.UNREADABLE)
    keyed.submit({"email": email})
    aside = keyed.submit({}, fields={"who": email}, verdict=unread, fingerprint="z", submission_id=uuid4())
    await keyed.settle()
    (record,) = keyed.broker.records("lead-scored")
    await keyed.fetch(
        "INSERT INTO outbox (topic, key, value, headers, claimed_until)"
        " VALUES ('lead-scored', $1, $2, '', now() + interval '1 hour')",
        record.key,
        record.value,
    )
    await erase(keyed)
    assert (await keyed.states())[aside.submission_id] == "quarantined"
    assert len(await keyed.fetch("SELECT 1 FROM outbox WHERE topic = 'lead-scored'")) == 1
    await keyed.fetch("DELETE FROM outbox")


@pytest.mark.parametrize(
    "text",
    [
        '{"mail": "Eva@Example.com"}',
        "email=eva%40example.com&x=1",
        "x=%20eva@example.com",
        "write to\\neva@example.com.",
        "<eva@example.com>",
        "+34600111222,",
        "phone=%2B34600111222",
    ],
)
async def test_the_erased_are_found_in_what_could_not_be_read(keyed: "World", text: str) -> None:
    unread = Verdict(outcome="quarantined", reason=QuarantineReason.UNREADABLE)
    raw = base64.b64encode(text.replace("\\n", "\n").encode() + b"\xff").decode()
    keyed.submit(EVA)
    in_raw = keyed.submit({}, raw=raw, verdict=unread, fingerprint="y", submission_id=uuid4())
    in_fields = keyed.submit({}, fields={"x": text}, verdict=unread, fingerprint="z", submission_id=uuid4())
    await keyed.settle()
    await erase(keyed)
    states = await keyed.states()
    assert states[in_raw.submission_id] == states[in_fields.submission_id] == "erased"


async def test_what_is_sent_again_after_an_erasure_leaves_nothing_of_the_person(keyed: "World") -> None:
    """The mapping that it was mended by finds an address that nobody knew when the person was erased."""
    sent = keyed.submit({"phone": "+34600111222"})
    await keyed.settle()
    await erase(keyed, Named(key=("phone", "+34600111222")))
    rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
    keyed.send(
        sent.model_copy(update={"profile": Profile(**EVA), "rerun": rerun}),
        "lead-imported",
        event_id=uuid4(),
    )
    await keyed.settle()
    assert "eva@example.com" not in await everything(keyed)
    assert await unaccounted(keyed) == 0


STEPS = ("release", "replay", "erase")


@pytest.mark.parametrize("in_between", ["taken at once", "taken later", "all at once"])
@pytest.mark.parametrize("order", list(permutations(STEPS)), ids="-".join)
@pytest.mark.parametrize("line", ["main", "training"])
async def test_however_release_replay_and_erasure_meet_the_erased_persons_submission_ends_erased(
    keyed: "World", line: str, order: tuple[str, ...], in_between: str
) -> None:
    """The mapping took the office's address for Eva's, so the erasure of Eva does not find it by its keys. It
    joins the office's lead of one line, or opens one of another that holds nothing else.
    """
    await map_email_from(keyed, "office")
    office = {"email": "front@example.com"}
    wave = Verdict(outcome="quarantined", reason=QuarantineReason.SPAM_WAVE)
    typed = {"office": "front@example.com", "email": "eva@example.com"}
    keyed.submit(office, fields={"office": "front@example.com"})
    hers = keyed.submit(office, fields=typed, fingerprint="hers", verdict=wave, lines=[line])
    await keyed.settle()
    await map_email_from(keyed, "email")
    if in_between == "all at once":
        await asyncio.gather(*(step(keyed, each) for each in order), keyed.settle())
    for each in () if in_between == "all at once" else order:
        await step(keyed, each)
        if in_between == "taken at once":
            await keyed.runtime.published()
            await keyed.settle()
    await keyed.runtime.published()
    await keyed.settle()
    await step(keyed, "replay")  # what was released after the replay has looked at it is mapped now
    await keyed.runtime.published()
    await keyed.settle()
    assert (await keyed.states())[hers.submission_id] == "erased"
    assert await keyed.fetch("SELECT 1 FROM quarantine") == []
    assert "eva@example.com" not in await everything(keyed)
    (lead,) = await keyed.fetch("SELECT line, submissions FROM leads WHERE state = 'open'")
    assert (lead["line"], lead["submissions"]) == ("main", 1)
    known = await keyed.fetch("SELECT value FROM identity_keys WHERE person_id IS NOT NULL")
    assert [row["value"] for row in known] == ["front@example.com"]
    assert await unaccounted(keyed) == 0


OFFICE = {"email": "front@example.com"}
OFFICES = {"office": "front@example.com"}
HERS = OFFICES | {"email": "eva@example.com"}
AGREED = Consent(given=True, text="I agree", text_version="1")
TIED: list[tuple[str, list[dict[str, Any]]]] = [
    (
        "its double click",
        [
            {"fields": OFFICES},
            {"fields": HERS, "fingerprint": "hers"},
            {"fields": HERS, "fingerprint": "hers", "submission_id": UUID(int=7)},
        ],
    ),
    (
        "what its vendor put right by it",
        [
            {"fields": OFFICES},
            {"fields": HERS, "fingerprint": "hers", "key": "v1", "key_origin": "vendor"},
            {"fields": HERS | {"x": "1"}, "fingerprint": "put right", "key": "v1", "key_origin": "vendor"},
        ],
    ),
    (
        "where it came from and what it agreed to, on the lead that it opened",
        [
            {
                "fields": HERS,
                "fingerprint": "hers",
                "attribution": Attribution(landing_page="https://example.com/?to=eva@example.com"),
                "consent": Consent(given=True, text="I, eva@example.com, agree", text_version="1"),
            },
            {"fields": OFFICES},
        ],
    ),
    (
        "its consent, and the others' own comes forth",
        [
            {"fields": OFFICES, "consent": AGREED},
            {
                "fields": HERS,
                "fingerprint": "hers",
                "consent": Consent(given=True, text="I, eva@example.com, agree", text_version="1"),
            },
        ],
    ),
]


@pytest.mark.parametrize(("what", "sent"), TIED, ids=[row[0] for row in TIED])
async def test_what_turns_out_to_be_an_erased_persons_takes_along(
    keyed: "World", what: str, sent: list[dict[str, Any]]
) -> None:
    await map_email_from(keyed, "office")
    for seconds, each in enumerate(sent):
        keyed.submit(OFFICE, **({"received_at": START + timedelta(seconds=seconds)} | each))
        await keyed.settle()
    await map_email_from(keyed, "email")
    for name in ("erase", "replay"):
        await step(keyed, name)
        await keyed.runtime.published()
        await keyed.settle()
    assert "eva@example.com" not in await everything(keyed)
    (lead,) = await keyed.fetch("SELECT submissions, consent FROM leads WHERE state = 'open'")
    assert lead["submissions"] == 1
    assert (lead["consent"] is not None) == ("comes forth" in what)
    told = max(keyed.published("lead-scored-bulk"), key=lambda scored: scored.seq)
    assert "eva@example.com" not in told.model_dump_json()
    assert await unaccounted(keyed) == 0


async def step(world: "World", name: str) -> None:
    if name == "erase":
        await desk(world).erase(by_email(), ORDER)
    elif name == "replay":
        replays = Replays(world.runtime)
        since = START - timedelta(days=1)
        await replays.begin("demo", since, START + timedelta(days=1), by="ana", why="renamed")
        await replays.work()
    else:
        (row,) = await world.fetch("SELECT count(*)::int AS n FROM quarantine WHERE action_id IS NULL")
        decision = Decision("release", Filter(), row["n"], by="ana", why="honest")
        with contextlib.suppress(CountChanged):  # it is not there any more
            await Releases(world.runtime).decide(decision)


async def map_email_from(world: "World", field: str) -> None:
    document = copy.deepcopy(world.document)
    document["forms"]["demo"] |= {"fields": {"email": {"from": [field, "office"]}}, "lines": ["main"]}
    await world.publish_rulebook(document)
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")


async def test_reasons_for_anything_else_that_name_the_erased_are_emptied(keyed: "World") -> None:
    keyed.submit(EVA)
    await keyed.settle()
    about = "INSERT INTO quarantine_actions (id, kind, filter, by, why, at, matched, is_bulk)"
    for why in ("Eva@example.com wrote again", "spam like neva@example.com"):
        await keyed.fetch(f"{about} VALUES ($1, 'release', '{{}}', 'ana', $2, now(), 0, false)", uuid4(), why)
    await keyed.fetch(
        "INSERT INTO replays (id, form_id, since, until, by, why, at, rulebook_version, starts_at)"
        " VALUES ($1, 'demo', now(), now(), 'ana', 'for eva@example.com', now(), 1, now())",
        uuid4(),
    )
    await erase(keyed)
    kept = await everything(keyed)
    assert "spam like neva@example.com" in kept
    assert "eva@example.com wrote" not in kept
    assert "for eva@example.com" not in kept


async def test_what_a_browser_did_goes_with_the_person_and_stays_gone(keyed: "World") -> None:
    keyed.submit(EVA, visitor="browser-1")
    await keyed.settle()
    await insert_signals(keyed, "browser-1", "browser-2")
    _, content = await desk(keyed).export(by_email(), ORDER)
    assert [each["url"] for each in content["signals"]] == ["https://example.com/browser-1"]
    await erase(keyed)
    assert await keyed.fetch("SELECT keys FROM signals") == [{"keys": ["visitor:browser-2"]}]
    hashes = {KEYS.new_hash(("visitor", "browser-1")), KEYS.new_hash(("email", "eva@example.com"))}
    assert hashes <= {row["hash"] for row in await keyed.fetch("SELECT hash FROM erased_keys")}


async def test_news_of_an_erased_lead_changes_nothing(keyed: "World") -> None:
    sent = keyed.submit(EVA)
    await keyed.settle()
    await erase(keyed)
    keyed.send(closing(lead_id(sent.submission_id, "main"), CloseReason.ERASED), "lead-routed")
    await keyed.settle()
    assert (await keyed.effects())["noted"] == 1
    (row,) = await keyed.fetch("SELECT state, origins FROM leads")
    assert row == {"state": "erased", "origins": [["demo", "website", None]]}


async def test_records_not_published_yet_are_taken_back(keyed: "World") -> None:
    keyed.broker.refuse("lead-scored")
    keyed.submit(EVA)
    consumer = keyed.consumer()
    keyed.running.append((consumer, asyncio.create_task(consumer.run())))
    async with asyncio.timeout(HANGS_AFTER):
        while not await keyed.fetch("SELECT 1 FROM outbox"):
            await pause(keyed.runtime.clock, 0.005, unless=asyncio.Event())
    await keyed.stop()
    done = await erase(keyed)
    assert done.counts["records_unpublished"] == 1
    assert "eva@example.com" not in await everything(keyed)


async def test_without_its_key_scoring_waits_instead_of_bringing_somebody_back(keyed: "World") -> None:
    with pytest.raises(NoErasureKey):
        await desk(keyed, ErasureKeys()).erase(by_email(), ORDER)
    await erase(keyed)
    sent = keyed.submitted(EVA)
    incoming = [_incoming(sent)]
    async with keyed.database.transaction() as conn:
        with pytest.raises(Exception, match="BATON_ERASURE_KEY"):
            await Tombstones(ErasureKeys.of("another")).dropped(conn, incoming)
        both = Tombstones(ErasureKeys.of("another, a long random text"))
        assert await both.dropped(conn, incoming) == {sent.submission_id}


async def test_who_and_why_are_kept_and_never_name_the_person(keyed: "World") -> None:
    keyed.submit(EVA)
    await keyed.settle()
    with pytest.raises(NamesThePerson):
        await desk(keyed).erase(by_email(), Order("dpo", "Eva@example.com asked"))
    assert list((await keyed.states()).values()) == ["opened"], "nothing of it was done"
    with pytest.raises(UnknownPerson):
        await desk(keyed).suppress(by_email("nobody@example.com"), ORDER)
    await erase(keyed)
    acts = await keyed.fetch("SELECT kind, by, reason FROM person_acts")
    assert acts == [{"kind": "erased", "by": "dpo", "reason": ORDER.reason}]


async def test_an_export_holds_everything_with_the_exact_consent(keyed: "World") -> None:
    consent = Consent(
        given=True, text_version="2026-01", text="Call me.", at=START, form_id="demo", source="website"
    )
    sent = keyed.submit(EVA, consent=consent)
    await keyed.settle()
    done, content = await desk(keyed).export(by_email(), ORDER)
    assert [each["submission_id"] for each in content["submissions"]] == [sent.submission_id]
    assert content["submissions"][0]["event"]["fields"] == EVA
    (told,) = content["consents"]
    assert (told["given"], told["text_version"], told["text"], told["form_id"]) == (
        True,
        "2026-01",
        "Call me.",
        "demo",
    )
    (lead,) = content["leads"]
    assert lead["lead_id"] in done.subject.leads
    assert lead["scores"][0]["contributions"]
    assert {key["value"] for key in content["identity_keys"]} == {"eva@example.com", "+34600111222"}


async def test_who_is_left_alone_is_published_so_and_again_with_each_submission(keyed: "World") -> None:
    keyed.submit(EVA)
    await keyed.settle()
    await desk(keyed).suppress(by_email(), ORDER)
    await keyed.runtime.published()
    told = keyed.scored()[-1]
    assert (told.do_not_contact, told.seq, told.cause.kind) == (True, 2, CauseKind.RESCORE)
    keyed.send(closing(told.lead_id, CloseReason.DO_NOT_CONTACT), "lead-routed")
    await keyed.settle()
    later = keyed.submit({"email": "eva@example.com"}, received_at=datetime(2031, 1, 1, tzinfo=UTC))
    await keyed.settle()
    assert (await keyed.states())[later.submission_id] == "opened"
    assert keyed.scored()[-1].do_not_contact is True
    await desk(keyed).allow(by_email(), ORDER)
    await keyed.runtime.published()
    assert keyed.scored()[-1].do_not_contact is False


@pytest.mark.parametrize(
    ("why", "given", "is_off_limits"),
    [
        ("asks and agrees", {"explicit_ask": True, "given": True}, False),
        ("asks without consent", {"explicit_ask": True, "given": False}, True),
        ("agrees to a newsletter only", {"explicit_ask": False, "given": True}, True),
    ],
)
async def test_who_is_left_alone_and_asks_for_an_answer_gets_one(
    keyed: "World", why: str, given: dict[str, bool], is_off_limits: bool
) -> None:
    keyed.submit(EVA)
    await keyed.settle()
    await desk(keyed).suppress(by_email(), ORDER)
    keyed.submit(
        {"email": "eva@example.com"},
        lines=["training"],
        explicit_ask=given["explicit_ask"],
        consent=Consent(given=given["given"]),
        received_at=datetime(2031, 1, 1, tzinfo=UTC),
    )
    await keyed.settle()
    last = {event.line: event for event in keyed.scored()}
    assert last["training"].do_not_contact is is_off_limits, why
    assert last["main"].do_not_contact is True, "the other lead stays off limits"


async def test_whoever_turns_out_to_be_somebody_left_alone_is_left_alone(keyed: "World") -> None:
    keyed.submit({"phone": EVA["phone"]})
    keyed.submit({"email": EVA["email"]}, received_at=START + timedelta(minutes=1))
    await keyed.settle()
    await desk(keyed).suppress(by_email(), ORDER)
    keyed.submit(EVA, fingerprint="both", received_at=START + timedelta(minutes=2))
    await keyed.settle()
    assert keyed.scored()[-1].do_not_contact is True


async def no_scorecard_for_training(world: "World") -> None:
    document = copy.deepcopy(world.document)
    for part in (document["lines"], document["scorecards"], document["routing"]["plans"]):
        del part["training"]
    document["forms"]["demo"]["lines"] = document["roster"]["reps"]["ana"]["lines"] = ["main"]
    await world.publish_rulebook(document)
    await world.fetch("UPDATE rulebook_versions SET effective_from = '2026-01-01'")


async def test_who_is_left_alone_is_so_on_leads_of_a_line_without_a_scorecard_too(keyed: "World") -> None:
    """The lead keeps its score, whose contributions still add up, and the version that made it."""
    keyed.submit(EVA, lines=["training"], explicit_ask=True)
    await keyed.settle()
    before = keyed.scored()[-1]
    await no_scorecard_for_training(keyed)
    for act, expected in (("suppress", True), ("allow", False)):
        await getattr(desk(keyed), act)(by_email(), ORDER)
        await keyed.runtime.published()
        told = keyed.scored()[-1]
        assert (told.line, told.do_not_contact) == ("training", expected)
        assert (told.score.fit, told.score.interest) == (before.score.fit, before.score.interest)
        assert told.rulebook_version == before.rulebook_version
        for dimension in ("fit", "interest"):
            parts = (each.points for each in told.score.contributions if each.dimension == dimension)
            assert sum(parts) == getattr(told.score, dimension)


async def test_whoever_turns_out_to_be_left_alone_is_so_on_a_lead_without_scorecard(keyed: "World") -> None:
    keyed.submit({"phone": EVA["phone"]}, lines=["training"])
    keyed.submit({"email": EVA["email"]}, received_at=START + timedelta(minutes=1))
    await keyed.settle()
    await desk(keyed).suppress(by_email(), ORDER)
    await no_scorecard_for_training(keyed)
    keyed.submit(EVA, fingerprint="both", received_at=START + timedelta(minutes=2))
    await keyed.settle()
    last = {event.line: event for event in keyed.scored()}
    assert (last["training"].do_not_contact, last["main"].do_not_contact) == (True, True)


async def insert_signals(world: "World", *visitors: str) -> None:
    async with world.database.acquire() as conn:
        for visitor in visitors:
            await conn.execute(
                "INSERT INTO signals (id, at, received_at, stored_at, kind, keys, url, attributes)"
                " VALUES ($1, $2, $2, $2, 'page_view', $3, $4, '{}')",
                uuid4(),
                START,
                [f"visitor:{visitor}"],
                f"https://example.com/{visitor}",
            )


def closing(lead: UUID, reason: CloseReason) -> LeadRouted:
    return LeadRouted(
        lead_id=lead,
        line="main",
        seq=1,
        kind=RoutedKind.CLOSED,
        at=START,
        cause_id=uuid4(),
        quadrant=Quadrant.WARM,
        why="closed",
        close_reason=reason,
        rulebook_version=1,
    )


def _incoming(sent: LeadSubmitted) -> Incoming:
    return Incoming(sent, sent.submission_id, START, False, (("email", "eva@example.com"),))


@pytest.fixture
async def client(keyed: "World") -> AsyncIterator[httpx.AsyncClient]:
    settings = keyed.runtime.settings.model_copy(update={"erasure_key": SecretStr("a long random text")})
    keyed.runtime.settings = settings
    app = FastAPI()
    install_problems(app)
    router = APIRouter(prefix="/v1")
    person_routes(router, keyed.runtime)
    app.include_router(router)
    headers = {"Authorization": f"Bearer {settings.operator_token.get_secret_value()}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scoring", headers=headers) as found:
        yield found


async def test_the_api_finds_exports_suppresses_and_erases(keyed: "World", client: httpx.AsyncClient) -> None:
    keyed.submit(EVA)
    await keyed.settle()
    order = {"phone": "+34 600 111-222", "by": "dpo", "reason": "ticket 12"}
    found = (await client.post("/v1/persons/find", json={"email": "EVA@example.com"})).json()
    assert found["profile"] == {name: EVA[name] for name in ("name", "email", "phone")}
    assert found["counts"]["submissions"] == 1
    exported = (await client.post("/v1/persons/export", json=order)).json()
    assert exported["content"]["persons"][0]["profile"]["name"] == "Eva Sample"
    suppressed = (await client.post("/v1/persons/suppress", json=order)).json()
    assert suppressed["person_id"] == found["person_id"]
    allowed = await client.post("/v1/persons/allow", json=order)
    assert allowed.status_code == 200
    erased = await client.post("/v1/persons/erase", json=order)
    assert erased.json()["counts"]["leads"] == 1
    assert (await client.post("/v1/persons/find", json={"email": "eva@example.com"})).status_code == 404
    acts = await keyed.fetch("SELECT kind FROM person_acts ORDER BY at")
    assert [act["kind"] for act in acts] == ["exported", "suppressed", "allowed", "erased"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "exactly one of"),
        ({"email": "a@example.com", "phone": "+34600111222"}, 422, "exactly one of"),
        ({"phone": "600111222"}, 422, "phone"),
        ({"email": "nobody@example.com"}, 404, "try another"),
    ],
)
async def test_who_is_named_wrongly_hears_how(
    client: httpx.AsyncClient, body: dict[str, str], status: int, says: str
) -> None:
    answer = await client.post("/v1/persons/find", json=body)
    assert answer.status_code == status
    assert says in answer.text


async def test_a_mailbox_is_found_as_the_rulebooks_matching_spells_it(
    keyed: "World", client: httpx.AsyncClient
) -> None:
    keyed.submit({"email": "evasample@gmail.com"})
    await keyed.settle()
    found = await client.post("/v1/persons/find", json={"email": "eva.sample+news@gmail.com"})
    assert found.status_code == 200

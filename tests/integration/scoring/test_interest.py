"""Interest in scoring as it runs: acts move leads at once, time moves them when it was computed to."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from lead_events import Cause, LeadProgressed, LeadScored, LeadSubmitted, Profile, Rerun
from lead_events.ids import lead_id
from lead_events.words import CauseKind, Dimension, ProgressKind, Quadrant, RerunKind, Stage
from scoring import metrics
from scoring.crossings import Crossings
from scoring.domain.leads import Lead
from scoring.explanation import Explanations
from scoring.merges import MergeDesk
from scoring.persons import Order
from scoring.regrade import Regrading
from scoring.rescoring import Rescorings
from scoring.settings import ScoringSettings
from scoring.store import load
from service_kit.clock import ManualClock, ManualTransactionClock
from service_kit.fakes import FakeBroker
from service_kit.postgres import Database
from service_kit.queries import load_queries
from service_kit.runtime import Runtime
from tests.integration.scoring.conftest import RULEBOOK, START, TOKEN, World
from tests.integration.scoring.test_signals import SignalsWorld

VISITOR = "0b6f1c8e-3c57-4a0e-9a51-6f2f0d7f3b11"
HOUR = timedelta(hours=1)


def rulebook() -> dict[str, Any]:
    """Fit is high for everybody, and pages decide about interest."""
    document = deepcopy(RULEBOOK)
    document["scorecards"]["main"] = {
        "fit_base": 60,
        "fit": [],
        "interest": [],
        "signals": [
            {
                "id": "read-prices",
                "kinds": ["page_view"],
                "when": "has(signal.url) && signal.url.contains('/prices')",
                "points": 40,
                "half_life": "10h",
                "repeats": {"damping": 0.5, "most": 5},
                "reason": "read the prices",
                "buyer_stage": "decision",
            }
        ],
        "interest_threshold": 50,
        "hysteresis": 10,
        "value": {
            "mean_deal": "9000.00",
            "close_rates": {"perfect": 0.3, "warm": 0.1, "curious": 0.02, "cold": 0.01},
        },
        "personas": [{"id": "boss", "name": "The boss", "when": "has(lead.company)", "goals": ["sleep"]}],
    }
    return document


class Timed:
    """A world whose database time moves by hand."""

    def __init__(self, world: World, clock: ManualClock) -> None:
        self.world = world
        self.clock = clock
        self.signals = SignalsWorld(world)
        self.crossings = Crossings(world.runtime)

    async def submit(self, email: str = "eva@example.com", **given: Any) -> UUID:
        sent = self.world.submit(
            profile={"email": email, "company": "Aurora"},
            **({"received_at": self.clock.now(), "visitor": VISITOR} | given),
        )
        await self.world.settle()
        (row,) = await self.world.fetch("SELECT lead_ids FROM submissions WHERE id = $1", sent.submission_id)
        return UUID(str(row["lead_ids"][0]))

    async def view(self, **given: Any) -> UUID:
        now = self.clock.now()
        values: dict[str, Any] = {
            "url": "https://aurora.example/prices",
            "at": now,
            "received_at": now,
        } | given
        sent = self.signals.send(**values)
        await self.signals.settle()
        return sent.signal_id

    async def cross(self) -> None:
        """Work off what time has moved."""
        await self.crossings.work()
        await self.world.runtime.published()

    def again(self, sent: LeadSubmitted, profile: Profile) -> None:
        """What a replay sends: the same submission, mapped anew."""
        rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=self.clock.now(), by="ana")
        event = sent.model_copy(update={"rerun": rerun, "profile": profile})
        self.world.send(event, "lead-imported", event_id=uuid4())

    async def switch(self, **changed: Any) -> None:
        """Have a scorecard with these parts in force at once; it is rescored by when a round runs."""
        document = rulebook()
        document["scorecards"]["main"] |= changed
        version = await self.world.publish_rulebook(document)
        await self.world.fetch(
            "UPDATE rulebook_versions SET effective_from = $2 WHERE version = $1", version, self.clock.now()
        )

    def bulk(self) -> list[LeadScored]:
        return [each for each in self.world.published("lead-scored-bulk") if isinstance(each, LeadScored)]

    def last(self) -> LeadScored:
        return self.world.scored()[-1]

    async def now(self, lead: UUID) -> dict[str, Any]:
        async with self.world.database.acquire() as conn:
            told = await Explanations().now(conn, lead, self.clock.now())
        assert told is not None
        for dimension in ("fit", "interest"):
            listed = [each["points"] for each in told["contributions"] if each["dimension"] == dimension]
            assert sum(listed) == told[dimension]
        return told


@pytest.fixture
async def timed(scoring_dsn: str) -> AsyncIterator[Timed]:
    settings = ScoringSettings(
        dsn=SecretStr(scoring_dsn), operator_token=SecretStr(TOKEN), gather_ms=0, instance="test"
    )
    clock = ManualClock(START)
    database = Database(
        scoring_dsn,
        schema="scoring",
        application_name="baton-scoring",
        max_size=12,
        clock=ManualTransactionClock(clock),
    )
    broker = FakeBroker(partitions=3)
    runtime = Runtime(settings, broker=broker, database=database)
    await runtime.open()
    await runtime.publisher.start()
    world = World(runtime, broker)
    await world.publish_rulebook(rulebook())
    yield Timed(world, clock)
    await world.stop()
    await runtime.close()


async def test_what_a_visitor_read_before_the_form_counts_with_it(timed: Timed) -> None:
    await timed.view()
    clock_before = await timed.view(at=START - 10 * HOUR)
    await timed.submit()
    scored = timed.last()
    assert (scored.score.interest, scored.quadrant) == (50, Quadrant.PERFECT)
    (rule,) = [each for each in scored.score.contributions if each.rule == "read-prices"]
    assert rule.evidence is not None
    assert [(each.full, each.points) for each in rule.evidence] == [(40, 40), (20, 10)]
    assert rule.evidence[1].id == clock_before
    assert rule.reads == ["signal.url"]
    assert scored.buyer_stage == "decision"
    assert scored.persona is not None
    assert scored.persona.goals == ["sleep"]
    assert scored.expected_value is not None
    assert (scored.probability, scored.expected_value.minor) == (0.3, 270_000)
    assert scored.before is None


async def test_an_act_is_told_once_it_moves_the_lead_and_not_before(timed: Timed) -> None:
    lead = await timed.submit()
    assert timed.last().quadrant is Quadrant.WARM
    await timed.view()
    assert len(timed.world.scored()) == 1
    assert (await timed.now(lead))["interest"] == 40
    act = await timed.view()
    told = timed.last()
    assert (told.quadrant, told.score.interest, told.seq) == (Quadrant.PERFECT, 60, 2)
    assert (told.cause.kind, told.cause.id) == (CauseKind.SIGNAL, act)
    assert told.before is not None
    assert (told.before.quadrant, told.before.stage) == (Quadrant.WARM, Stage.SQL)


async def test_a_request_for_advice_is_told_at_once_whatever_it_scores(timed: Timed) -> None:
    await timed.submit()
    await timed.view(kind="advice_requested", url=None)
    assert timed.last().cause.kind is CauseKind.EXPLICIT_ASK
    assert timed.last().seq == 2


async def test_a_request_for_advice_of_somebody_whose_lead_has_ended_opens_the_next_one_once(
    timed: Timed,
) -> None:
    first = await timed.submit()
    await _end(timed, first)
    await timed.view()
    assert len(timed.world.scored()) == 1
    ask = await timed.view(kind="advice_requested", url=None, identity={"email": "Eva@example.com"})
    told = timed.last()
    assert (told.lead_id, told.line, told.seq) == (lead_id(ask, "main"), "main", 1)
    assert (told.cause.kind, told.cause.id) == (CauseKind.EXPLICIT_ASK, ask)
    assert (told.person_id, told.form_id, told.submissions) == (timed.world.scored()[0].person_id, "demo", 1)
    assert told.score.interest == 40
    again = await timed.view(kind="advice_requested", url=None)
    assert (timed.last().lead_id, timed.last().seq, timed.last().cause.id) == (told.lead_id, 2, again)


async def test_two_requests_for_advice_at_once_open_one_lead_and_one_for_no_line_in_use_none(
    timed: Timed,
) -> None:
    await _end(timed, await timed.submit())
    ask: dict[str, Any] = {"kind": "advice_requested", "at": START, "received_at": START}
    timed.signals.send(**ask, line="gone")
    first, second = timed.signals.send(**ask), timed.signals.send(**ask)
    await timed.signals.settle()
    (told,) = timed.world.scored()[1:]
    assert told.lead_id in {lead_id(each.signal_id, "main") for each in (first, second)}


async def _end(timed: Timed, lead: UUID) -> None:
    report = LeadProgressed(
        lead_id=lead,
        line="main",
        seq=2,
        kind=ProgressKind.REJECTED,
        at=timed.clock.now(),
        round=1,
    )
    timed.world.send(report, "lead-progressed")
    await timed.world.settle()


async def test_time_moves_a_lead_when_it_was_computed_to_and_once(timed: Timed) -> None:
    lead = await timed.submit()
    await timed.view()
    await timed.view()
    moves_at = (await timed.now(lead))["moves_at"]
    # 40 x 2^(-t/10h) and 20 x 2^(-t/10h), each rounded, first make less than 40 when 26.5 and 13.5 are passed
    assert timedelta(hours=5.6) < moves_at - START < timedelta(hours=6)
    timed.clock.advance((moves_at - timed.clock.now() - timedelta(milliseconds=1)).total_seconds())
    await timed.cross()
    assert timed.last().cause.kind is CauseKind.SIGNAL
    timed.clock.advance(0.002)
    for _ in range(3):
        await timed.cross()
    told = timed.last()
    assert (told.cause.kind, told.quadrant, told.seq) == (CauseKind.DECAY, Quadrant.WARM, 3)
    assert told.cause.at == moves_at
    assert told.score.interest == 39
    assert told.before is not None
    assert told.before.quadrant is Quadrant.PERFECT


async def test_a_lead_that_has_fallen_needs_the_whole_threshold_to_rise(timed: Timed) -> None:
    await timed.submit()
    await timed.view()
    await timed.view()
    timed.clock.advance(timedelta(hours=6).total_seconds())
    await timed.cross()
    assert timed.last().quadrant is Quadrant.WARM
    await timed.view()  # 40 + 13 of 26 + 7 of 13
    assert timed.last().quadrant is Quadrant.PERFECT


async def test_a_browser_of_two_counts_for_neither(timed: Timed) -> None:
    first = await timed.submit()
    await timed.view()
    assert (await timed.now(first))["interest"] == 40
    await timed.view()
    assert timed.last().quadrant is Quadrant.PERFECT
    second = await timed.submit("leo@example.com")
    assert (await timed.now(first))["interest"] == 0
    assert (await timed.now(second))["interest"] == 0
    await timed.cross()
    told = timed.last()
    assert (told.lead_id, told.quadrant, told.score.interest) == (first, Quadrant.WARM, 0)


async def test_a_lead_that_an_act_opened_goes_along_when_a_merge_is_undone(timed: Timed) -> None:
    await _end(timed, await timed.submit(visitor=None))
    hers = timed.world.scored()[-1].person_id
    later = START + timedelta(minutes=1)
    await _end(timed, await timed.submit("leo@example.com", visitor=None, received_at=later))
    his = timed.world.scored()[-1].person_id
    leo = {"email": "leo@example.com"}
    await timed.view(kind="advice_requested", url=None, identity=leo)
    asked = timed.last().lead_id
    for number, email in enumerate(("eva@example.com", "leo@example.com")):
        profile = {"email": email, "external_id": "7"}
        timed.world.submit(profile, received_at=START + HOUR, fingerprint=f"{number}", lines=["training"])
        await timed.world.settle()
    rows = "SELECT person_id FROM leads WHERE id = $1"
    assert (await timed.world.fetch(rows, asked))[0]["person_id"] == hers
    await MergeDesk(timed.world.runtime).undo(his, Order("ana", "two people"))
    await timed.world.runtime.published()
    assert (await timed.world.fetch(rows, asked))[0]["person_id"] == his
    assert asked in timed.world.merged()[-1].leads_moved


async def test_acts_go_along_with_a_form_that_turns_out_to_be_somebody_elses(timed: Timed) -> None:
    """The form's browser and its address are then the other's, in what is published at once already."""
    hers = await timed.submit("front@example.com", visitor=None, fingerprint="front")
    sent = timed.world.submit({"email": "eva@example.com"}, received_at=START, visitor=VISITOR)
    leo = await timed.submit("leo@example.com", visitor=None, fingerprint="leo")
    await timed.view()
    await timed.view(identity={"email": "eva@example.com"})
    assert timed.last().score.interest == 60
    for email, lead in (("front@example.com", hers), ("leo@example.com", leo)):
        timed.again(sent, Profile(email=email))
        await timed.world.settle()
        assert (await timed.now(lead))["interest"] == 40
        (told,) = (each for each in timed.bulk() if each.lead_id == lead)
        assert told.score.interest == 40
    last = [each for each in timed.bulk() if each.lead_id == hers][-1]
    assert last.score.interest == (await timed.now(hers))["interest"] == 0


async def test_whoever_is_left_alone_with_a_browser_has_its_acts_soon(timed: Timed) -> None:
    hers, vendor = await timed.submit(), {"key": "1", "key_origin": "vendor"}
    await timed.submit("leo@example.com", **vendor)
    await timed.view()
    await timed.view()
    assert (await timed.now(hers))["interest"] == 0
    await timed.submit(
        "leo@example.com", **vendor, visitor=None, fingerprint="right", received_at=START + HOUR
    )
    await timed.cross()
    assert (timed.last().lead_id, timed.last().score.interest) == (hers, 60)


async def test_acts_of_two_who_turn_out_to_be_one_count_together(timed: Timed) -> None:
    await timed.submit(visitor=None)
    await timed.view(identity={"email": "eva@example.com"})
    phone = {"phone": "+34600000001"}
    await timed.view(identity=phone)
    timed.world.submit(
        profile={"email": "eva@example.com", **phone}, received_at=timed.clock.now(), fingerprint="other"
    )
    await timed.world.settle()
    assert timed.last().score.interest == 60


async def test_acts_and_forms_at_once_leave_every_lead_where_its_score_says(timed: Timed) -> None:
    """Forms and acts in two consumers at once: none of a lead's acts goes unseen."""
    world, many = timed.world, 40
    for number in range(many):
        browser = f"browser-{number}"
        sending = {"visitor": browser, "received_at": START}
        acts = [{"identity": {"visitor": browser}}, {"identity": {"email": f"n{number}@example.com"}}]
        for act in acts[: number % 3]:
            timed.signals.send(url="/prices", at=START, **act)
        world.submit(profile={"email": f"n{number}@example.com", "company": "A"}, **sending)
        for act in acts[number % 3 :]:
            timed.signals.send(url="/prices", at=START, **act)
    await asyncio.gather(world.settle(consumers=2), timed.signals.settle())
    rows = await world.fetch("SELECT id, interest, quadrant FROM leads")
    assert len(rows) == many
    assert {(row["interest"], row["quadrant"]) for row in rows} == {(60, "perfect")}
    for scored in world.scored():
        for dimension in Dimension:
            listed = [each.points for each in scored.score.contributions if each.dimension is dimension]
            assert sum(listed) == getattr(scored.score, dimension.value)


async def test_a_browser_of_thousands_locks_and_loads_nobody(
    timed: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a site gives all its visitors one id."""
    for number in range(5):
        await timed.submit(f"n{number}@example.com")
    locked: list[int] = []
    real = load.lock_working_set

    async def counting(*given: Any, **more: Any) -> load.WorkingSet:
        found = await real(*given, **more)
        locked.append(len(found.persons))
        return found

    monkeypatch.setattr(load, "lock_working_set", counting)
    await timed.view()
    assert locked == [0]


async def test_forms_get_their_turn_while_many_leads_are_scored_for_acts(
    timed: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        timed.world.submit(profile={"email": f"n{number}@example.com"}, received_at=START)
    await timed.world.settle()
    scored_by_turn = [0]
    real = Regrading.rescore

    def counting(self: Regrading, *given: Any, **more: Any) -> bool:
        scored_by_turn[-1] += 1
        return real(self, *given, **more)

    async def turn(delay: float) -> None:
        scored_by_turn.append(0)
        await real_sleep(delay)

    real_sleep = asyncio.sleep
    monkeypatch.setattr(Regrading, "rescore", counting)
    monkeypatch.setattr(asyncio, "sleep", turn)
    monkeypatch.setattr("service_kit.turns.LONGEST_TURN", -1.0)
    for number in range(30):
        timed.signals.send({"email": f"n{number}@example.com"}, at=START, url="/prices")
    await timed.signals.settle()
    assert sum(scored_by_turn) == 30
    assert max(scored_by_turn) == 1


async def test_names_are_looked_up_among_keys_however_many_acts_others_have(timed: Timed) -> None:
    """Under the plan that serves any names, with as many acts of one browser as make it look common."""
    named = load_queries("scoring", "queries/signals.sql").signals_named
    async with timed.world.database.acquire() as conn:
        await conn.execute(
            "INSERT INTO signals (id, at, received_at, stored_at, kind, keys, attributes)"
            " SELECT gen_random_uuid(), at, at, at, 'page_view', ARRAY['visitor:' || n % 20], '{}' FROM"
            " (SELECT n, $1::timestamptz - n * interval '1 s' AS at"
            " FROM generate_series(1, 40000) AS n) AS made",
            START,
        )
        await conn.execute("ANALYZE signals")
        await conn.execute("SET plan_cache_mode = force_generic_plan")
        await conn.execute(f"PREPARE named (text[], timestamptz, int) AS {named}")
        plan = await conn.fetch("EXPLAIN EXECUTE named ('{email:nobody@example.com}', '2020-01-01', 1000)")
        await conn.execute("DEALLOCATE named")
        await conn.execute("RESET plan_cache_mode")
        (options,) = await conn.fetch(
            "SELECT array_agg(DISTINCT reloptions) AS found FROM pg_index JOIN pg_class ON oid = indexrelid"
            " WHERE indrelid = 'signals_default'::regclass"
            " AND relam = (SELECT oid FROM pg_am WHERE amname = 'gin')"
        )
    scans = [line for (line,) in plan if "Scan" in line and "signals" in line]
    assert scans
    assert all("Bitmap" in line for line in scans), plan
    assert options["found"] == [["fastupdate=off"]]


async def test_who_once_did_something_themselves_has_done_so_when_their_acts_count_no_more(
    timed: Timed,
) -> None:
    document = rulebook()
    document["scorecards"]["main"]["mql"] = "act"
    await timed.world.publish_rulebook(document)
    await timed.world.fetch("UPDATE rulebook_versions SET effective_from = $1 RETURNING version", START)
    lead = await timed.submit()
    await timed.world.fetch("UPDATE leads SET is_own = false WHERE id = $1 RETURNING id", lead)  # as imported
    assert (await timed.now(lead))["stage"] is Stage.LEAD
    for _ in range(2):
        await timed.view(identity={"email": "eva@example.com"})
    assert timed.last().stage is Stage.SQL
    timed.clock.advance(timedelta(days=30).total_seconds())
    await timed.cross()
    assert (timed.last().seq, timed.last().quadrant, timed.last().stage) == (3, Quadrant.WARM, Stage.SQL)
    assert (await timed.now(lead))["stage"] is Stage.SQL


async def test_a_lead_that_time_cannot_move_is_set_aside_and_the_others_move(
    timed: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [await timed.submit(f"n{n}@example.com", visitor=None) for n in range(3)]
    for n in range(3):
        for _ in range(2):
            await timed.view(identity={"email": f"n{n}@example.com"})
    real = Regrading.rescore

    def breaking(self: Regrading, lead: Lead, cause: Cause, **more: Any) -> bool:
        if lead.id == leads[0]:
            raise ValueError("what nobody foresaw")
        return real(self, lead, cause, **more)

    monkeypatch.setattr(Regrading, "rescore", breaking)
    counted = metrics.SET_ASIDE.labels("crossing")._value.get()
    timed.clock.advance(timedelta(hours=6).total_seconds())
    await timed.cross()
    await timed.cross()
    rows = await timed.world.fetch("SELECT id, quadrant, due_at FROM leads")
    found = {row["id"]: (row["quadrant"], row["due_at"]) for row in rows}
    assert found[leads[0]] == ("perfect", None)
    assert {found[each][0] for each in leads[1:]} == {"warm"}
    assert metrics.SET_ASIDE.labels("crossing")._value.get() == counted + 1


async def test_an_act_between_a_switch_of_scorecards_and_the_rescoring_swallows_no_points(
    timed: Timed,
) -> None:
    lead = await timed.submit()
    rescorings = Rescorings(timed.world.runtime)
    await rescorings.work()
    await timed.switch(fit_base=65)
    await timed.view()
    assert (timed.last().score.fit, timed.last().quadrant) == (65, Quadrant.WARM)
    await rescorings.work()
    await timed.world.runtime.published()
    assert timed.bulk() == [], "it has been told already"
    await timed.view()
    await timed.view()
    assert [each.seq for each in timed.world.scored() if each.lead_id == lead] == [1, 2, 3]


@pytest.mark.parametrize("changed", [{}, {"value": None}])
async def test_a_rescoring_leaves_high_what_the_same_rules_keep_high(
    timed: Timed, changed: dict[str, Any]
) -> None:
    lead = await timed.submit()
    rescorings = Rescorings(timed.world.runtime)
    await rescorings.work()
    await timed.view()
    await timed.view()
    timed.clock.advance(timedelta(hours=4).total_seconds())
    assert 40 <= (await timed.now(lead))["interest"] < 50, "between the two thresholds"
    if changed:
        await timed.switch(**changed)
    else:
        await rescorings.begin("main", by="ana", why="to score the shadow")
    await rescorings.work()
    await timed.world.runtime.published()
    assert (await timed.now(lead))["quadrant"] is Quadrant.PERFECT
    rows = await timed.world.fetch("SELECT quadrant FROM leads")
    assert [row["quadrant"] for row in rows] == ["perfect"]


async def test_a_scorecard_with_other_rules_begins_high_interest_anew(timed: Timed) -> None:
    await timed.submit()
    rescorings = Rescorings(timed.world.runtime)
    await rescorings.work()
    await timed.view()
    await timed.view()
    timed.clock.advance(timedelta(hours=4).total_seconds())
    await timed.switch(fit_base=65)
    await rescorings.work()
    await timed.world.runtime.published()
    assert [each.quadrant for each in timed.bulk()] == [Quadrant.WARM]


async def test_whose_browser_is_anothers_too_is_scored_again_also_where_others_hold_the_lead(
    timed: Timed,
) -> None:
    """Whoever holds it has read what was known before."""
    first = await timed.submit()
    await timed.view()
    await timed.view()
    async with timed.world.database.acquire() as conn:
        async with conn.transaction():
            await conn.execute("SELECT 1 FROM leads WHERE id = $1 FOR UPDATE", first)
            second = asyncio.create_task(timed.submit("leo@example.com"))
            await asyncio.wait([second], timeout=0.5)
        await second
    await timed.cross()
    told = timed.last()
    assert (told.lead_id, told.quadrant, told.score.interest) == (first, Quadrant.WARM, 0)

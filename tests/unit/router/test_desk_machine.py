"""Any history of leads, acts, absences and clocks at the desk itself, without a store.

What holds after every step: nobody has more than their places, every lead is in exactly one state and with
one owner at most, what reps have in hand is what they were given, and nobody is further from their share than
the pool's strategy promises. What holds after a drain: no lead waits that somebody could take.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lead_events.words import CloseReason, HoldReason, Quadrant, Stage
from router.books import Shelf
from router.desk import Desk
from router.domain.book import Book, PoolChoice, read_book
from router.domain.choice import choice_of_waiting
from router.domain.decision import decide
from router.domain.eligibility import Standing
from router.domain.leads import Lead, LeadState
from router.domain.needs import needs_of
from router.domain.proof import choose_again
from router.domain.roster import Load, Rep
from router.domain.strategies.round_robin import Period
from router.domain.strategies.value_fair import Worth
from router.domain.takers import able_now
from router.domain.why import why_by_hand
from router.locked import LockedPool, Member
from router.memory import Memory
from rulebook.models import Rulebook
from rulebook.versions import History, Versioned
from service_kit.unit import Unit
from tests.unit.router.pools import make_rep
from tests.unit.router.shares import Shares

TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"tz": "UTC", "week": {day: [["09:00", "18:00"]] for day in DAYS}}
LATE = {"tz": "UTC", "week": {day: [["12:00", "23:00"]] for day in DAYS}}
STRATEGIES = ("weighted_round_robin", "least_loaded", "longest_idle", "value_fair")
REPS = ("ana", "bea", "carla", "dora", "emil")
PLACES = st.sampled_from([30, 12, 40, 5, 12, 2, 1, 0])
WEIGHTS = st.sampled_from([1, 2, 3, 1, 2, 7, 1, 0])
LANGUAGES = {"ana": ["en", "es"], "bea": ["en"], "carla": ["es"], "dora": ["en", "it"], "emil": ["it"]}


def company(strategy: str, language: str, aware: bool, when_nobody_open: str) -> Book:
    """Two pools that share a rep; the first may send its leads after the sun."""
    follows = {"then": ["south"]} if when_nobody_open == "follow_the_sun" else {}
    document = {
        "company": "Aurora",
        "time_zone": "UTC",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {},
        "sources": {},
        "scorecards": {"main": {"fit": [], "interest": []}},
        "routing": {
            "pools": {
                "north": {
                    "name": "North",
                    "reps": ["ana", "bea", "carla"],
                    "strategy": strategy,
                    "language": language,
                    "deadline_aware": aware,
                    "when_nobody_open": when_nobody_open,
                    "relax_after": "30m",
                    **follows,
                },
                "south": {"name": "South", "reps": ["carla", "dora", "emil"], "strategy": strategy},
            },
            "plans": {"main": {"fallback": "north", "unspoken": "south"}},
        },
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": {
            "name": "Agreement",
            "sales": {"promises": {"perfect": {"first_response_within": "30m"}}},
        },
    }
    return read_book(1, Rulebook.model_validate(document))


class DeskMachine(RuleBasedStateMachine):
    """Leads come, reps answer, people go home."""

    @initialize(
        strategy=st.sampled_from(STRATEGIES),
        language=st.sampled_from(["ignored", "preferred", "required"]),
        aware=st.booleans(),
        when_nobody_open=st.sampled_from(["hold", "first_to_open", "follow_the_sun"]),
        places=st.lists(PLACES, min_size=5, max_size=5),
        weights=st.lists(WEIGHTS, min_size=5, max_size=5),
    )
    def found(
        self,
        strategy: str,
        language: str,
        aware: bool,
        when_nobody_open: str,
        places: list[int],
        weights: list[int],
    ) -> None:
        """A company with reps of these places and weights."""
        self.book = company(strategy, language, aware, when_nobody_open)
        self.shelf = Shelf(
            History((Versioned(1, TUESDAY - timedelta(days=9), self.book.company),)), {1: self.book}
        )
        self.now = TUESDAY
        self.reps: dict[str, Rep] = {
            name: make_rep(
                name,
                capacity=capacity,
                weight=weight,
                hours=LATE if name == "dora" else OFFICE,
                languages=frozenset(LANGUAGES[name]),
            )
            for name, capacity, weight in zip(REPS, places, weights, strict=True)
        }
        self.load = {name: Load() for name in REPS}
        self.memories = {pool: Memory(pool, Period(), Worth()) for pool in self.book.pools}
        self.leads: dict[UUID, Lead] = {}
        self.records = 0
        self.shares = {} if aware else {pool: Shares(strategy) for pool in self.book.pools}

    @contextmanager
    def transaction(self) -> Iterator[Desk]:
        """A desk that has locked everything."""
        unit = Unit(cast("Any", None), now=self.now, clock=cast("Any", None), source="test")
        desk = Desk(unit, cast("Any", None), self.shelf)
        desk.leads, desk.reps, desk.load = self.leads, self.reps, self.load
        desk.members = {name: Member(name, "none", f"{name}@example.com") for name in REPS}
        desk.pools = {
            pool: LockedPool(pool, drain_due=False, next_opening=None, memory=memory)
            for pool, memory in self.memories.items()
        }
        desk.tell.reps = self.reps
        desk.queues = {
            (str(each.pool), each.line) for each in self.waiting() if self.who_could_take(desk, each)
        }
        yield desk
        for row in desk.ledger.decisions:
            if row[13] is not None:
                proof = json.loads(row[13])
                self.check_again(row, proof, desk.ledger.candidates[proof["members"]].rows)

    def check_again(self, row: Any, proof: dict[str, Any], members: Any) -> None:
        """A record names the rep that it was kept for, and they are within their share."""
        lead, pool, rep = row[1], row[6], row[7]
        assert choose_again(proof, members) == rep
        self.records += 1
        if rep is not None and pool in self.shares:
            self.shares[pool].note(rep, self.leads[lead].value or 0, proof, members)

    def waiting(self) -> list[Lead]:
        """Held leads of the queues."""
        return [
            lead
            for lead in self.leads.values()
            if lead.state is LeadState.HELD and lead.hold_reason is not HoldReason.WAITS_FOR_OWNER
        ]

    def who_could_take(self, desk: Desk, lead: Lead) -> set[str]:
        """Reps who could take a held lead now."""
        routable = lead.routable()
        pools = [desk.pool(self.book, lead.pool or "")]
        if self.book.pools[pools[0].id].then:
            pools.append(desk.pool(self.book, "south"))
        for pool in pools:
            found = set(able_now(pool, routable, self.now)) - set(lead.excluded)
            if found or decide(pool, routable, self.now).hold_reason is HoldReason.NO_CAPACITY:
                return found
        return set()

    @rule(
        quadrants=st.lists(st.sampled_from(Quadrant), min_size=1, max_size=8),
        language=st.sampled_from([None, None, None, "en", "es", "it"]),
        value=st.integers(1, 900),
    )
    def leads_come(self, quadrants: list[Quadrant], language: str | None, value: int) -> None:
        """Routed at once, or held; no two of the same value."""
        for number, quadrant in enumerate(quadrants):
            self.a_lead_comes(quadrant, language, value * (1 + number % 3) + number)

    def a_lead_comes(self, quadrant: Quadrant, language: str | None, value: int) -> None:
        """In a transaction of its own."""
        lead = Lead(
            UUID(int=len(self.leads) + 1),
            line="main",
            quadrant=quadrant,
            stage=Stage.SQL,
            received_at=self.now,
            value=value,
        )
        self.leads[lead.id] = lead
        choice = PoolChoice(
            "north", "fallback", None, needs=needs_of(self.book.pools["north"], language), unspoken="south"
        )
        with self.transaction() as desk:
            desk.route(lead, lead.id, self.book, choice)

    def some(self, state: LeadState, number: int) -> Lead | None:
        """One of the leads in a state."""
        found = [lead for lead in self.leads.values() if lead.state is state]
        return found[number % len(found)] if found else None

    @rule(number=st.integers(0, 99))
    def a_rep_contacts_the_buyer(self, number: int) -> None:
        """One unanswered lead less."""
        lead = self.some(LeadState.ASSIGNED, number)
        if lead is not None and lead.handoff is not None and lead.handoff.contacted_at is None:
            lead.handoff.contacted_at = self.now
            self.load[lead.handoff.rep].unanswered -= 1

    @rule(
        number=st.integers(0, 99),
        how=st.sampled_from([Standing.DECLINED, Standing.TIMED_OUT, Standing.REASSIGNED]),
    )
    def a_round_ends(self, number: int, how: Standing) -> None:
        """And the lead goes on to somebody else, or waits."""
        lead = self.some(LeadState.ASSIGNED, number)
        if lead is None or lead.handoff is None:
            return
        before, pool = lead.handoff.rep, lead.pool or "north"
        with self.transaction() as desk:
            desk.take_back(lead, UUID(int=lead.round + 1), how)
            desk.route(lead, UUID(int=lead.round + 1), self.book, PoolChoice(pool, "fallback", None))
        after = self.leads[lead.id].handoff
        assert after is None or after.rep != before

    @rule(number=st.integers(0, 99), rep=st.sampled_from(REPS))
    def a_lead_is_handed_to_somebody(self, number: int, rep: str) -> None:
        """By hand, held or not; who has no place does not get it."""
        lead = self.some(LeadState.HELD, number)
        if lead is None:
            return
        has_room = self.load[rep].open < self.reps[rep].capacity
        with self.transaction() as desk:
            assert (
                desk.hand_to(lead, lead.id, self.book, rep, why_by_hand(desk.reps[rep], "marta")) is has_room
            )

    @rule(number=st.integers(0, 99))
    def a_lead_is_closed(self, number: int) -> None:
        """Its place is free."""
        lead = self.some(LeadState.ASSIGNED, number)
        if lead is not None:
            with self.transaction() as desk:
                desk.close(lead, lead.id, CloseReason.WON, 1)

    @rule(minutes=st.sampled_from([1, 7, 31, 90, 400]))
    def time_passes(self, minutes: int) -> None:
        """People come and go."""
        self.now += timedelta(minutes=minutes)

    @rule()
    def morning_comes(self) -> None:
        """The next one, a quarter past nine."""
        self.now = (self.now + timedelta(hours=14, minutes=45)).replace(hour=9, minute=15)

    @rule(rep=st.sampled_from(REPS), hours=st.integers(1, 30))
    def a_rep_is_away(self, rep: str, hours: int) -> None:
        """From now on."""
        self.change(rep, absences=[(self.now, self.now + timedelta(hours=hours))])

    def change(self, rep: str, **changes: Any) -> None:
        """A rep is as before but for these."""
        known = self.reps[rep]
        kept = {"capacity": known.capacity, "weight": known.weight, "languages": known.languages}
        self.reps[rep] = make_rep(rep, hours=LATE if rep == "dora" else OFFICE, **kept, **changes)

    @rule(rep=st.sampled_from(REPS), active=st.sampled_from([True, True, True, False]))
    def a_rep_goes_or_comes_back(self, rep: str, active: bool) -> None:
        """For good, or not."""
        self.change(rep, is_active=active)

    @precondition(lambda self: bool(self.waiting()))
    @rule()
    def what_waits_is_drained(self) -> None:
        """Best first; afterwards nothing waits that somebody could take."""
        with self.transaction() as desk:
            for lead in sorted(self.waiting(), key=Lead.place_in_line):
                if self.who_could_take(desk, lead):
                    choice = choice_of_waiting(lead, str(lead.pool))
                    desk.route(lead, lead.id, self.book, choice, from_queue=True)
            left = [lead for lead in self.waiting() if self.who_could_take(desk, lead)]
            assert not left

    @invariant()
    def nobody_has_more_than_their_places(self) -> None:
        """And what they have in hand is what they were given."""
        held = Counter(lead.handoff.rep for lead in self.leads.values() if lead.handoff is not None)
        unanswered = Counter(
            lead.handoff.rep
            for lead in self.leads.values()
            if lead.handoff is not None and lead.handoff.contacted_at is None
        )
        for name, load in self.load.items():
            assert load.open == held[name] <= self.reps[name].capacity
            assert load.unanswered == unanswered[name]

    @invariant()
    def every_lead_is_in_one_state(self) -> None:
        """With a rep, or waiting and saying why, or over."""
        for lead in self.leads.values():
            assert (lead.state is LeadState.ASSIGNED) == (lead.handoff is not None)
            assert (lead.state is LeadState.HELD) == (lead.hold_reason is not None)
            assert lead.state in (LeadState.ASSIGNED, LeadState.HELD, LeadState.CLOSED)


SHORT = settings(max_examples=100, stateful_step_count=40, deadline=None)
LONG = settings(
    max_examples=2000, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_any_history_at_the_desk() -> None:
    run_state_machine_as_test(DeskMachine, settings=SHORT)


@pytest.mark.long
def test_any_history_at_the_desk_for_long() -> None:
    run_state_machine_as_test(DeskMachine, settings=LONG)

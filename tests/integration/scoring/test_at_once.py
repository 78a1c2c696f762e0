"""Everything that touches persons, leads and submissions at once, in an order that chance decides."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from lead_events import LeadScored, LeadSubmitted, Profile, Rerun, Verdict
from lead_events.words import QuarantineReason, RerunKind
from scoring.accounting import conservation_answer
from scoring.consumer import consumer_spec
from scoring.domain.erasure import ErasureKeys
from scoring.errors import SharedPhone, UnknownPerson
from scoring.handlers import Scoring
from scoring.persons import Named, Order, PersonDesk
from scoring.releases import CountChanged, Decision, Kind, Releases
from scoring.retention import Retention
from scoring.store.quarantine import Filter
from scoring.tombstones import Tombstones

if TYPE_CHECKING:
    from service_kit.consumer import Consumer
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEYS = ErasureKeys.of("a long random text")
PEOPLE = 12
ROUNDS = 60


class Chance:
    """One run: what it does next is drawn, and all of it may overlap."""

    def __init__(self, world: "World", seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.sent: list[LeadSubmitted] = []
        self.erased: set[str] = set()
        self.desk = PersonDesk(world.runtime, KEYS)
        self.releases = Releases(world.runtime)
        self.retention = Retention(world.runtime, hour=0)

    def profile(self) -> dict[str, str]:
        """Of one of a few people; some share a phone, some send one of both only."""
        number = self.random.randrange(PEOPLE)
        profile = {"email": f"p{number:02}@example.com", "phone": f"+3460011{number // 2 * 11:04}"}
        if self.random.random() < 0.3:
            del profile[self.random.choice(["email", "phone"])]
        return profile

    def submit(self) -> None:
        for _ in range(self.random.randrange(1, 5)):
            verdict = Verdict()
            if self.random.random() < 0.4:
                verdict = Verdict(outcome="quarantined", reason=QuarantineReason.LINKS)
            number = len(self.sent)
            profile = self.profile()
            self.sent.append(
                self.world.submit(
                    profile,
                    verdict=verdict,
                    fingerprint=f"{number}",
                    received_at=START + timedelta(seconds=number),
                    lines=self.random.choice([["main"], ["training"], ["main", "training"]]),
                )
            )

    def remap(self) -> None:
        """As a replay sends them: some with another address."""
        accepted = [each for each in self.sent if each.verdict.outcome == "accepted"]
        for each in self.random.sample(accepted, min(4, len(accepted))):
            profile = self.profile() | {"city": f"City {self.random.randrange(9)}"}
            rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=uuid4(), at=START, by="ana")
            changed = each.model_copy(update={"profile": Profile(**profile), "rerun": rerun})
            self.world.send(changed, "lead-imported", event_id=uuid4())

    async def decide(self) -> None:
        kinds: list[Kind] = ["release", "refuse"]
        waiting = await self.world.fetch("SELECT submission_id AS id FROM quarantine WHERE action_id IS NULL")
        ids = tuple(row["id"] for row in self.random.sample(waiting, min(6, len(waiting))))
        order = Decision(self.random.choice(kinds), Filter(ids=ids), len(ids), "ana", "looked at it")
        try:
            await self.releases.decide(order)
        except CountChanged:
            return

    async def act(self, what: Callable[[Named, Order], Awaitable[object]]) -> str | None:
        email = f"p{self.random.randrange(PEOPLE):02}@example.com"
        try:
            await what(Named(key=("email", email)), Order("dpo", "asked"))
        except (UnknownPerson, SharedPhone):
            return None
        return email

    async def let_go(self) -> None:
        rows = await self.world.fetch("SELECT id FROM persons WHERE merged_into IS NULL")
        if rows:
            identity: UUID = self.random.choice(rows)["id"]
            await self.retention._let_go(identity, datetime(2040, 1, 1, tzinfo=UTC))

    async def once(self) -> None:
        drawn = self.random.random()
        if drawn < 0.35:
            self.submit()
        elif drawn < 0.5:
            self.remap()
        elif drawn < 0.75:
            await self.decide()
        elif drawn < 0.85:
            await self.act(self.desk.suppress)
        elif drawn < 0.95:
            await self.act(self.desk.erase)
        else:
            await self.let_go()

    async def run(self) -> None:
        self.submit()
        await self.world.settle(consumers=2)
        tasks = []
        for _ in range(ROUNDS):
            tasks.append(asyncio.create_task(self.once()))
            await asyncio.sleep(0.03 * self.random.random())
        await asyncio.gather(*tasks)
        await self.world.runtime.published()
        await self.world.settle()


def scored(world: "World") -> dict[UUID, list[int]]:
    seqs: dict[UUID, list[int]] = defaultdict(list)
    for topic in ("lead-scored", "lead-scored-bulk"):
        for event in world.published(topic):
            assert isinstance(event, LeadScored)
            seqs[event.lead_id].append(event.seq)
    return seqs


@pytest.mark.parametrize("seed", range(3))
async def test_all_at_once_the_books_agree(
    world: "World", monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    def consumer() -> "Consumer":
        spec = consumer_spec(Scoring(Tombstones(KEYS)), world.database, world.runtime.clock)
        return world.runtime.consumer(spec)

    monkeypatch.setattr(world, "consumer", consumer)
    await Chance(world, seed).run()
    answer = await conservation_answer(world.database)
    assert answer["unaccounted"] == 0
    assert world.broker.records("lead-submitted-scoring-dlq") == []
    states = await world.states()
    waiting = await world.fetch("SELECT submission_id, action_id FROM quarantine")
    assert {row["submission_id"] for row in waiting} == {i for i, s in states.items() if s == "quarantined"}
    assert [row for row in waiting if row["action_id"] is not None] == []
    leads = {row["id"]: row for row in await world.fetch("SELECT * FROM leads")}
    persons = {
        row["id"]: row["merged_into"] for row in await world.fetch("SELECT id, merged_into FROM persons")
    }
    seqs = scored(world)
    for identity, lead in leads.items():
        if lead["state"] != "erased":
            assert sorted(seqs[identity]) == list(range(1, lead["seq"] + 1)), lead
            assert lead["person_id"] in persons
            assert lead["state"] == "merged" or persons[lead["person_id"]] is None
    held: Counter[UUID] = Counter()
    for row in await world.fetch("SELECT * FROM submissions WHERE state IN ('opened', 'joined')"):
        assert row["person_id"] in persons
        for each in row["lead_ids"]:
            lead = leads[each]
            while lead["merged_into"] is not None:
                lead = leads[lead["merged_into"]]
            held[lead["id"]] += 1
    for identity, lead in leads.items():
        if lead["state"] == "open":  # one whose only submission went to another person's lead counts one more
            assert lead["submissions"] - held[identity] in (0, 1), lead
    keys = await world.fetch("SELECT * FROM identity_keys WHERE person_id IS NULL AND identifies")
    assert keys == []

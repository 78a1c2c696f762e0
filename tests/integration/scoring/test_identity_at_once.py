"""Who is who when many workers post at once, held against one worker and against the definition."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from lead_events import LeadSubmitted
from rulebook.identity import identity_keys
from rulebook.models import Matching
from scoring.accounting import conservation_answer
from scoring.domain.grouping import persons_of

if TYPE_CHECKING:
    from tests.integration.scoring.conftest import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKERS, EACH, PEOPLE = 64, 6, 40
Group = frozenset[frozenset[str]]


def profiles(chance: random.Random) -> list[dict[str, str]]:
    """By e-mail only, by phone only and by both; every fifth phone is an office's, some write as info@."""
    made: list[dict[str, str]] = []
    for _ in range(WORKERS * EACH):
        number = chance.randrange(PEOPLE)
        office = number // 5
        email = {"email": f"p{number}@example.com"}
        phone = {"phone": f"+3460000{number if number % 5 else office * 5 + chance.randrange(2):04}"}
        made.append(
            chance.choice([email, phone, email | phone, {"email": f"info@c{office}.example"} | phone])
        )
    return made


def defined(sent: Sequence[LeadSubmitted]) -> Group:
    """As it must be."""
    matching = Matching()
    return persons_of(
        {
            each.fingerprint: [(key.kind, key.value) for key in identity_keys(dict(each.profile), matching)]
            for each in sent
        }
    )


async def grouped(world: "World") -> Group:
    rows = await world.fetch(
        "WITH RECURSIVE up AS (SELECT id, id AS root, merged_into FROM persons UNION ALL"
        " SELECT up.id, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into)"
        " SELECT array_agg(s.fingerprint) AS sent FROM submissions s JOIN up ON up.id = s.person_id"
        " WHERE up.merged_into IS NULL GROUP BY up.root"
    )
    return frozenset(frozenset(row["sent"]) for row in rows)


async def books(world: "World") -> None:
    """Every submission is in one open lead of its own person and counted there once."""
    assert (await conservation_answer(world.database))["unaccounted"] == 0
    assert await world.fetch("SELECT 1 FROM leads WHERE submissions < 1 OR seq < 1") == []
    counted = await world.fetch(
        "WITH RECURSIVE holder AS (SELECT id, id AS lead, merged_into FROM leads UNION ALL"
        " SELECT h.id, l.id, l.merged_into FROM holder h JOIN leads l ON l.id = h.merged_into),"
        " up AS (SELECT id, id AS root, merged_into FROM persons UNION ALL"
        " SELECT up.id, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into)"
        " SELECT l.id FROM leads l JOIN holder h ON h.lead = l.id AND h.merged_into IS NULL"
        " JOIN submissions s ON h.id = ANY(s.lead_ids)"
        " JOIN up ON up.id = s.person_id AND up.merged_into IS NULL"
        " WHERE l.state = 'open' AND up.root = l.person_id"
        " GROUP BY l.id, l.submissions HAVING count(DISTINCT s.id) = l.submissions"
    )
    (leads,) = await world.fetch(
        "SELECT count(*)::int AS n, sum(submissions)::int AS sent FROM leads WHERE state = 'open'"
    )
    assert leads == {"n": len(counted), "sent": WORKERS * EACH}


async def post(world: "World", numbers: Sequence[int], made: Sequence[dict[str, str]]) -> list[LeadSubmitted]:
    """What one worker sends, one after the other, each to wherever its record falls."""
    sent: list[LeadSubmitted] = []
    for number in numbers:
        moment = START + timedelta(seconds=number)
        profile, partition = made[number], number % 3
        sent.append(world.submit(profile, fingerprint=f"{number}", received_at=moment, partition=partition))
        await asyncio.sleep(0)
    return sent


@pytest.mark.parametrize("seed", [1, 2])
async def test_sixty_four_workers_group_submissions_as_a_single_one_does(world: "World", seed: int) -> None:
    made = profiles(random.Random(seed))
    world.runtime.settings.batch_max = 5
    first = len(made) // WORKERS
    shares = [range(worker * first, (worker + 1) * first) for worker in range(WORKERS)]
    consuming = asyncio.create_task(world.settle(consumers=3))
    posted = await asyncio.gather(*(post(world, share, made) for share in shares))
    await consuming
    await world.settle()
    by_many = await grouped(world)
    assert by_many == defined([each for sent in posted for each in sent])
    await books(world)


async def test_a_single_worker_groups_them_so_too_in_the_order_sent_and_in_batches(world: "World") -> None:
    made = profiles(random.Random(1))
    world.runtime.settings.batch_max = 50
    sent = await post(world, range(len(made)), made)
    await world.settle()
    assert await grouped(world) == defined(sent)
    await books(world)


async def test_merges_and_their_undoing_are_numbered_without_a_double(world: "World") -> None:
    made = profiles(random.Random(3))
    world.runtime.settings.batch_max = 5
    await post(world, range(len(made)), made)
    await world.settle(consumers=3)
    numbered: list[tuple[UUID, int]] = [(event.person_id, event.seq) for event in world.merged()]
    assert {event.kind for event in world.merged()} == {"merged", "undone"}
    assert len(numbered) == len(set(numbered))

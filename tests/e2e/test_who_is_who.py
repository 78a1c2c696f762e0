"""Who is who when sixty-four workers post at once over HTTP, held against the same posts by one worker."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from uuid import UUID

import pytest

from baton_dev.stack import Stack
from tests.e2e.installation import Installation

pytestmark = pytest.mark.stack

WORKERS, EACH, PEOPLE = 64, 4, 30
Fields = dict[str, str]
Groups = frozenset[frozenset[int]]
"""Posts, by their numbers, of each person."""


@pytest.fixture
def racing(baton: Installation, whole: Stack) -> Iterator[Installation]:
    """Two instances of scoring, so that transactions about one person meet."""
    second = whole.add_instance("scoring")
    yield baton
    whole.remove_instance(second.name)


def posts(run: int) -> list[Fields]:
    """By e-mail only, by phone only and by both; every fifth phone is an office's, some write as info@.

    The same of each run, by addresses and phones of the run's own.
    """
    chance = random.Random(1)
    made: list[Fields] = []
    for number in range(WORKERS * EACH):
        person = chance.randrange(PEOPLE)
        office = person // 5
        email = {"email": f"p{person}@run{run}.example.com"}
        digits = person if person % 5 else office * 5 + chance.randrange(2)
        phone = {"phone": f"+346{run:02}0{digits:05}"}
        role = {"email": f"info@c{office}.run{run}.example.com"}
        keys = chance.choice([email, phone, email | phone, role | phone])
        made.append(keys | {"message": f"number {number}"})
    return made


def one_after_the_other(baton: Installation, made: Sequence[Fields], share: Sequence[int]) -> dict[UUID, int]:
    """What one worker posts; the number of each submission.

    By connections of its own: a pool that threads share may close as spare what it just gave to one of them.
    """
    with closing(Installation(baton.stack)) as website:
        return {website.post("busy", made[number]): number for number in share}


def groups(baton: Installation, sent: dict[UUID, int]) -> Groups:
    """Posts by person: everybody has one open lead, which holds all that they have sent."""
    leads = {lead for submission in sent for lead in baton.leads_of(submission)}
    shown = [baton.ask("scoring", f"/v1/leads/{lead}") for lead in leads]
    still_open = [lead["submission_list"] for lead in shown if lead["state"] == "open"]
    held = [[UUID(each["id"]) for each in submissions] for submissions in still_open]
    assert sum(map(len, held)) == len(sent)
    return frozenset(frozenset(sent[submission] for submission in each) for each in held)


def posted_by(baton: Installation, run: int, workers: int, order: random.Random | None = None) -> Groups:
    """Post them all, each worker its share, and wait until they are taken."""
    made = posts(run)
    numbers = list(range(len(made)))
    if order is not None:
        order.shuffle(numbers)
    shares = [numbers[worker::workers] for worker in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(partial(one_after_the_other, baton, made), shares))
    return groups(baton, {submission: number for each in done for submission, number in each.items()})


def test_sixty_four_workers_in_two_orders_group_posts_as_a_single_one_does(racing: Installation) -> None:
    by_one = posted_by(racing, 10, 1)
    assert 1 < len(by_one) < WORKERS * EACH / 4
    for seed in (2, 3):
        assert posted_by(racing, 10 + seed, WORKERS, random.Random(seed)) == by_one
    assert racing.unaccounted() == 0

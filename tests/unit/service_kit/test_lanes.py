"""Room for bulk records beside a trickle of live ones, in simulated time."""

import random
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.lanes import BULK_AT_LEAST, BULK_GATHERED, BULK_SECONDS, BatchCost, Choice, Lanes
from service_kit.records import Record, TopicPartition

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LIVE, BULK = [TopicPartition("live", 0)], [TopicPartition("bulk", 0)]
BATCH_MAX = 500
SETTLED = 60
"""Batches, those of live records alone included, after which the room must be right."""


class Service:
    """A consumer with a full bulk lane and `rate` live records a second; batches take `fixed + each * n`."""

    def __init__(self, fixed: float, *, rate: float, noise: float, seed: int = 1) -> None:
        self.lanes = Lanes(["bulk"])
        self.fixed, self.rate, self.noise = fixed, rate, noise
        self.bulk_busy = 0.0
        self.time = 0.0
        self._chance = random.Random(seed)
        self._next_live = 0.0

    def rooms(self, each: float, batches: int) -> list[int]:
        """Bulk records of every batch that held some."""
        return [bulk for _ in range(batches) if (bulk := self._batch(each))]

    def _batch(self, each: float) -> int:
        records: list[Record] = []
        while not records:
            choice = self.lanes.choose(LIVE, BULK, self._now())
            records = self._arrived()
            room = self.lanes.room_for_bulk(BATCH_MAX - len(records), records, self._now())
            bulk = 0 if choice is Choice.LIVE else room
            records += [_record("bulk", self._now())] * bulk
            self.lanes.learn(choice, records, self._now())
            self.time += 0 if records else 0.02
        chance = 1 + self._chance.uniform(-self.noise, self.noise)
        seconds = (self.fixed + each * len(records)) * chance
        self.time += seconds
        self.bulk_busy += each * bulk * chance if bulk < len(records) else seconds
        self.lanes.took(records, seconds, self._now())
        return bulk

    def _arrived(self) -> list[Record]:
        arrived = []
        while self._next_live <= self.time:
            arrived.append(_record("live", NOW + timedelta(seconds=self._next_live)))
            self._next_live += self._chance.expovariate(self.rate)
        return arrived

    def _now(self) -> datetime:
        return NOW + timedelta(seconds=self.time)


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("rate", [2, 20])
@pytest.mark.parametrize("each", [0.0002, 0.0007, 0.002, 0.005])
@pytest.mark.parametrize("fixed", [0.005, 0.02, 0.06])
def test_bulk_records_fill_their_time_whatever_a_batch_costs_on_top(
    fixed: float, each: float, rate: float, noise: float
) -> None:
    service = Service(fixed, rate=rate, noise=noise)
    service.rooms(each, SETTLED)
    _assert_right(service.rooms(each, 100), each)


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("rate", [2, 20])
@pytest.mark.parametrize(
    ("before", "after"), [(0.0002, 0.002), (0.002, 0.0002), (0.0005, 0.005), (0.005, 0.0005)]
)
@pytest.mark.parametrize("fixed", [0.005, 0.02, 0.06])
def test_the_room_follows_when_records_cost_ten_times_as_much_or_a_tenth(
    fixed: float, before: float, after: float, rate: float, noise: float
) -> None:
    service = Service(fixed, rate=rate, noise=noise)
    service.rooms(before, 150)
    service.rooms(after, SETTLED)
    _assert_right(service.rooms(after, 100), after)


@pytest.mark.parametrize("fixed", [0.005, 0.06])
@pytest.mark.parametrize("each", [0.0002, 0.0007, 0.005])
def test_bulk_has_half_of_the_time_at_most_while_live_records_trickle(fixed: float, each: float) -> None:
    service = Service(fixed, rate=20, noise=0.3)
    service.rooms(each, SETTLED)
    busy, began = service.bulk_busy, service.time
    service.rooms(each, 400)
    assert service.bulk_busy - busy <= 0.52 * (service.time - began)


@given(st.integers(1, BATCH_MAX), st.floats(0.0005, 0.05))
def test_batches_of_one_size_are_expected_to_take_what_they_take(records: int, each: float) -> None:
    cost = BatchCost()
    for _ in range(200):
        cost.learn(records, each * records)
    assert cost.fixed + cost.each * records == pytest.approx(each * records, rel=0.02)


@given(st.lists(st.tuples(st.integers(1, BATCH_MAX), st.floats(0, 600)), max_size=50))
def test_no_history_takes_the_room_or_the_rest_out_of_bounds(history: list[tuple[int, float]]) -> None:
    cost = BatchCost()
    for records, seconds in history:
        cost.learn(records, seconds)
        assert 0 <= cost.fixed < 1e6
        assert 0 <= cost.room <= 1000
        assert 0 < cost.part_of(1, records) <= 1


def test_one_batch_that_waits_for_a_server_hardly_changes_the_room() -> None:
    service = Service(0.03, rate=20, noise=0)
    service.rooms(0.0007, 100)
    bulk, live = _record("bulk", NOW), _record("live", NOW)
    service.lanes.took([live, *[bulk] * 71], 30.0, NOW)
    service.rooms(0.0007, 20)
    _assert_right(service.rooms(0.0007, 60), 0.0007)


def _assert_right(rooms: list[int], each: float) -> None:
    right = min(BATCH_MAX, max(BULK_AT_LEAST, BULK_SECONDS / each))
    assert median(rooms) == pytest.approx(right, rel=0.25)
    assert sum(0.6 * right <= room <= 1.6 * right for room in rooms) >= 0.9 * len(rooms)


def _record(topic: str, at: datetime) -> Record:
    return Record(topic, 0, 0, None, None, (), at)


def test_a_file_that_is_read_slowly_is_gathered_and_one_that_waits_in_numbers_is_not() -> None:
    lanes = Lanes(["bulk"])
    lanes.took([_record("bulk", NOW)] * 3, 0.02, NOW)
    assert lanes.choose(LIVE, BULK, NOW) is Choice.LIVE
    assert lanes.rest(NOW) == BULK_GATHERED
    assert lanes.choose(LIVE, BULK, NOW + BULK_GATHERED) is Choice.BOTH
    assert lanes.choose(LIVE, BULK, NOW - timedelta(hours=1)) is Choice.BOTH, "the clock was set back"
    later = NOW + timedelta(minutes=1)
    lanes.took([_record("bulk", later)] * BATCH_MAX, 0.5, later)
    assert lanes.choose(LIVE, BULK, later) is Choice.BOTH, "nobody live is there to wait"


def test_batches_that_hold_few_records_each_are_not_gathered_once_they_are_full() -> None:
    """Or a service that takes 50 at once would take 200 a second at most."""
    lanes = Lanes(["bulk"])
    lanes.took([_record("bulk", NOW)] * 50, 0.02, NOW, is_full=True)
    assert lanes.choose(LIVE, BULK, NOW) is Choice.BOTH

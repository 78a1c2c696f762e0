"""The broker in memory tells tests in which order a topic was written."""

from datetime import UTC, datetime

from service_kit.clock import ManualClock
from service_kit.fakes import FakeBroker
from service_kit.records import Outgoing


def test_records_of_one_moment_are_told_as_they_were_written() -> None:
    broker = FakeBroker(partitions=3, clock=ManualClock(datetime(2026, 3, 3, tzinfo=UTC)))
    for number in (2, 0, 1, 2, 0):
        broker.append(Outgoing("lead-submitted", b"", str(number).encode(), ()), partition=number)
    assert [record.value for record in broker.records("lead-submitted")] == [b"2", b"0", b"1", b"2", b"0"]

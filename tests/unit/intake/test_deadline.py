"""The steps of a request share its time, and the whole keeps within it."""

from datetime import UTC, datetime

import pytest

from intake.deadline import ANSWER_SECONDS, Deadline
from service_kit.clock import ManualClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def begun(clock: ManualClock) -> Deadline:
    return Deadline(clock, publish=1.2, spool=1.0)


@pytest.mark.parametrize(
    "captcha", [0.0, 0.1, 0.3, 0.7, 1.2, 5.0], ids=lambda seconds: f"captcha {seconds} s"
)
def test_a_captcha_a_broker_and_a_disk_that_all_hang_keep_within_the_bound(captcha: float) -> None:
    clock = ManualClock(NOON)
    deadline = begun(clock)
    spent = min(captcha, deadline.for_captcha)
    clock.advance(spent)
    broker = deadline.for_broker
    spent += 1.2 if broker is None else broker
    clock.advance(1.2 if broker is None else broker)
    assert deadline.for_disk == pytest.approx(1.0)
    assert spent + deadline.for_disk <= ANSWER_SECONDS + 1e-9


def test_without_a_captcha_the_broker_has_all_of_its_time() -> None:
    assert begun(ManualClock(NOON)).for_broker is None


def test_a_captcha_is_waited_for_longer_than_providers_take() -> None:
    assert begun(ManualClock(NOON)).for_captcha == pytest.approx(1.2)


def test_a_request_that_is_late_already_still_tries_broker_and_disk() -> None:
    clock = ManualClock(NOON)
    deadline = begun(clock)
    clock.advance(60)
    assert (deadline.for_captcha, deadline.for_broker, deadline.for_disk) == (0.0, 0.3, 0.25)

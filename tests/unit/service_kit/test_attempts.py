"""How often an address may guess."""

from service_kit import auth_attempts
from service_kit.auth_attempts import MOST_FAILURES, WINDOW_SECONDS, Attempts
from service_kit.clock import ManualClock
from tests.unit.service_kit.test_oidc import NOW


def test_an_address_waits_after_too_many_and_others_do_not() -> None:
    clock = ManualClock(NOW)
    attempts = Attempts(clock.monotonic)
    attempts.passed("good")
    for _ in range(MOST_FAILURES):
        assert attempts.wait("a", "bad") is None
        attempts.failed("a", "bad")
    assert attempts.wait("a", "bad") == WINDOW_SECONDS
    assert attempts.wait("a", "good") is None
    assert attempts.wait("b", "bad") is None
    clock.advance(WINDOW_SECONDS)
    assert attempts.wait("a", "bad") is None


def test_what_is_kept_is_bounded() -> None:
    attempts = Attempts(ManualClock(NOW).monotonic)
    for number in range(auth_attempts.MOST_KEPT + 50):
        attempts.failed(str(number), "bad")
        attempts.passed(str(number))
    assert len(attempts._failures) == len(attempts._good) == auth_attempts.MOST_KEPT

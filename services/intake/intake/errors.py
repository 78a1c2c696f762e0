"""What intake cannot do now, and the HTTP answer that each asks for."""

import math
from datetime import UTC, datetime

from intake.domain.refusals import Refusal

RETRY_AFTER_SECONDS = 5


def not_durable(why: str) -> Refusal:
    """503: neither the broker nor the spool took it, so the caller has to send it again."""
    return Refusal(
        503,
        "The submission could not be stored",
        f"{why}: send it again in {RETRY_AFTER_SECONDS} seconds, with the same Idempotency-Key",
        retry_after=RETRY_AFTER_SECONDS,
    )


def no_rulebook() -> Refusal:
    """503: intake does not know any form yet."""
    return Refusal(
        503,
        "Intake has no rulebook yet",
        f"the forms are not known yet: send it again in {RETRY_AFTER_SECONDS} seconds",
        retry_after=RETRY_AFTER_SECONDS,
    )


def form_not_known_yet() -> Refusal:
    """503: the key may belong to a version of the rulebook that this process has not read yet."""
    return Refusal(
        503,
        "The form is not known yet",
        f"no form with this key in the rulebook read so far: send it again in {RETRY_AFTER_SECONDS} seconds",
        retry_after=RETRY_AFTER_SECONDS,
    )


def unknown_form() -> Refusal:
    """404: no version of the rulebook has a form with this key."""
    return Refusal(
        404, "No such form", "no form has this key: take the key from the form's entry in the rulebook"
    )


def form_not_in_force_yet(effective_from: datetime, now: datetime) -> Refusal:
    """404: only a version of the rulebook that has not taken effect yet has a form with this key."""
    seconds = max(1, math.ceil((effective_from - now).total_seconds()))
    moment = effective_from.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Refusal(
        404,
        "The form is not in force yet",
        f"this form takes submissions from {moment} on, when its version of the rulebook takes effect: "
        f"send it again in {seconds} {'second' if seconds == 1 else 'seconds'}",
        retry_after=seconds,
    )


def wrong_method(method: str) -> Refusal:
    """405: the address of a form takes posts only."""
    return Refusal(
        405,
        "A form is posted",
        f"{method} is not taken here: POST the form's fields to this address, as JSON (application/json) or "
        "as a form (application/x-www-form-urlencoded, multipart/form-data)",
    )


def too_large(limit: int) -> Refusal:
    """413."""
    return Refusal(
        413, "The body is too large", f"the body is over {limit} bytes: send the form's fields only, no files"
    )


def too_slow(seconds: float) -> Refusal:
    """408."""
    return Refusal(
        408,
        "The body did not arrive",
        f"the body was not complete after {seconds:.0f} seconds: send it again",
    )


def ours() -> Refusal:
    """500: whatever it was, the caller did nothing wrong."""
    return Refusal(500, "Something broke on our side", "it has been logged: send it again")

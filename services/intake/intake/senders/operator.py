"""The operator, who sends tests: they go the whole way to a rep, marked, and meet no rule against spam."""

import hmac
import math
from collections.abc import Mapping

from intake.domain.refusals import Refusal
from service_kit.auth_attempts import Attempts

OPERATOR = "operator"
"""As an event names this sender."""
TEST_HEADER = b"baton-test"


class Operator:
    """Knows the operator's token; an empty one is nobody's. Who guesses is stopped as at an API's gate."""

    def __init__(self, token: str, attempts: Attempts | None = None) -> None:
        self._token = token.encode()
        self._attempts = attempts or Attempts()

    def sent(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request carries the token, compared in constant time."""
        return bool(self._token) and hmac.compare_digest(_given(headers), self._token)

    def tries(self, headers: Mapping[bytes, bytes], address: str) -> bool:
        """Whether a post is the operator's own test (`Baton-Test: 1` beside the token).

        Raises Refusal 401 for whoever else says so: a real lead must not be hidden as a test. 429 for an
        address that has said so too often.
        """
        if TEST_HEADER not in headers:
            return False
        given = _given(headers).decode("latin-1")
        wait = self._attempts.wait(address, given)
        if wait is not None:
            raise Refusal(
                429,
                "Too many tokens that are not valid",
                f"wait {math.ceil(wait)} seconds, then send the operator's token",
                retry_after=math.ceil(wait),
            )
        if not self.sent(headers):
            self._attempts.failed(address, given)
            raise Refusal(
                401,
                "The sender is not proven",
                "Baton-Test is for the operator: send the operator's token as well, or leave the header out",
            )
        self._attempts.passed(given)
        return True


def _given(headers: Mapping[bytes, bytes]) -> bytes:
    return headers.get(b"authorization", b"").removeprefix(b"Bearer ")

"""The operator, who sends tests: they go the whole way to a rep, marked, and meet no rule against spam."""

import hmac
from collections.abc import Mapping

from intake.domain.refusals import Refusal

OPERATOR = "operator"
"""As an event names this sender."""
TEST_HEADER = b"baton-test"


class Operator:
    """Knows the operator's token; an empty one is nobody's."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def sent(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request carries the token, compared in constant time."""
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        return bool(self._token) and hmac.compare_digest(given, self._token)

    def tries(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a post is the operator's own test (`Baton-Test: 1` beside the token).

        Raises Refusal 401 for whoever else says so: a real lead must not be hidden as a test.
        """
        if TEST_HEADER not in headers:
            return False
        if not self.sent(headers):
            raise Refusal(
                401,
                "The sender is not proven",
                "Baton-Test is for the operator: send the operator's token as well, or leave the header out",
            )
        return True

"""Connections of aiokafka that survive a broker that goes away, under uvloop too.

uvloop raises RuntimeError when something is written to a transport that has just closed, where asyncio only
warns. aiokafka 0.14 takes OSError alone for a broken connection (aio-libs/aiokafka issue 1038): the task that
was writing dies, often the one that refreshes metadata, and its client never speaks to a broker again.
"""

from typing import Any

import aiokafka.conn
from aiokafka.errors import KafkaConnectionError, KafkaError


class SurvivingConnection(aiokafka.conn.AIOKafkaConnection):  # type: ignore[misc]  # no types
    """Takes a transport that is closed for what it is: a broken connection."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """As the original. Raises KafkaConnectionError."""
        try:
            return super().send(request, expect_response)
        except KafkaError:  # is a RuntimeError itself
            raise
        except RuntimeError as error:
            raise self._broken(error) from error

    def _send_sasl_token(self, payload: bytes, expect_response: bool = True) -> Any:
        try:
            return super()._send_sasl_token(payload, expect_response)
        except KafkaError:
            raise
        except RuntimeError as error:
            raise self._broken(error) from error

    def _broken(self, error: RuntimeError) -> KafkaConnectionError:
        self.close(reason=aiokafka.conn.CloseReason.CONNECTION_BROKEN)
        return KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}")


def use_surviving_connections() -> None:
    """Let all clients made from now on use them; safe to repeat."""
    aiokafka.conn.AIOKafkaConnection = SurvivingConnection

"""Connections of aiokafka that survive a broker that goes away, under uvloop too, and tell why they fail.

uvloop raises RuntimeError when something is written to a transport that has just closed, where asyncio only
warns. aiokafka 0.14 takes OSError alone for a broken connection (aio-libs/aiokafka issue 1038): the task that
was writing dies, often the one that refreshes metadata, and its client never speaks to a broker again.

aiokafka logs why a connection was refused, on every retry, and raises no more than that there is none. Here
each failure goes to the `KafkaAccess` that the client was made with, which also gives what to log in with.
"""

import asyncio
import ssl
from typing import Any

import aiokafka.conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from service_kit.connection_faults import causes
from service_kit.kafka_access import KafkaAccess

_CUT_OFF = (ssl.SSLError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError, EOFError)


class SurvivingConnection(aiokafka.conn.AIOKafkaConnection):  # type: ignore[misc]  # no types
    """Takes a transport that is closed for what it is: a broken connection."""

    _access: KafkaAccess | None = None
    _ssl_context: Any

    async def connect(self) -> Any:
        """As the original, with what the access says now. Raises KafkaConnectionError, OSError and
        TimeoutError alone: another error would end the task of aiokafka that wants the connection.
        """
        if isinstance(self._ssl_context, KafkaAccess):
            self._access = self._ssl_context
        if self._access is None:
            return await super().connect()
        try:
            await self._log_in_with(self._access)
            opened = await super().connect()
        except Exception as error:
            self._access.failed(self._place, error, in_handshake=_was_cut_off(error))
            if isinstance(error, (OSError, KafkaError, TimeoutError)):
                raise
            raise KafkaConnectionError(f"Connection at {self._place} refused: {error}") from error
        self._handle_frame = self._first_answer
        return opened

    async def _log_in_with(self, access: KafkaAccess) -> None:
        found = await asyncio.to_thread(access.read)
        self._ssl_context = found.tls
        self._sasl_plain_username, self._sasl_plain_password = found.user, found.password

    def _first_answer(self, frame: bytes) -> None:
        """A port that wants a login lets anybody ask for its version: only what comes after counts."""
        del self._handle_frame
        if self._access is not None:
            self._access.worked(self._place)
        self._handle_frame(frame)

    def close(self, reason: Any = None, exc: BaseException | None = None) -> Any:
        """As the original."""
        is_new = "_handle_frame" in self.__dict__ and self._requests and self._reader is not None
        if is_new and self._access is not None and reason is aiokafka.conn.CloseReason.CONNECTION_BROKEN:
            error = exc or ConnectionResetError("closed before the first answer")
            self._access.failed(self._place, error, in_handshake=_was_cut_off(error))
        return super().close(reason, exc)

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}"

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


def _was_cut_off(error: BaseException) -> bool:
    """Whether the port was open and then hung up; a port that is closed refuses at once."""
    return any(isinstance(each, _CUT_OFF) for each in causes(error))


def use_surviving_connections() -> None:
    """Let all clients made from now on use them; safe to repeat."""
    aiokafka.conn.AIOKafkaConnection = SurvivingConnection

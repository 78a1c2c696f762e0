"""How this process gets into Kafka, and why it does not get in now."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaConnectionError

from service_kit.connection_faults import KAFKA, NETWORK, TLS, advice, causes
from service_kit.connection_settings import ConnectionSettings, read_secret
from service_kit.logs import logger

_log = logger(__name__)

FRESH_SECONDS = 60.0
"""A broker that was not tried again for so long says nothing about now: it may be gone for good."""
_NAMES = {
    "address": "BATON_KAFKA",
    "ca": "BATON_KAFKA_CA_FILE",
    "certificate": "BATON_KAFKA_CERTIFICATE_FILE",
    "key": "BATON_KAFKA_KEY_FILE",
}


@dataclass(frozen=True, repr=False)
class Credentials:
    """What one connection is made with."""

    tls: ssl.SSLContext | None
    user: str
    password: str


class FilesUnreadable(KafkaConnectionError):  # type: ignore[misc]  # aiokafka has no types
    """A file of the settings cannot be used: do what the text says. aiokafka takes it for an outage."""


class KafkaAccess:
    """Shared by all Kafka clients of a process. A change of its files holds for the next connection.

    aiokafka hands it from a client to its connections in place of a TLS context; `SurvivingConnection` takes
    the real one out of it.
    """

    def __init__(
        self,
        settings: ConnectionSettings | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        # without settings: as if none was given, whatever the environment says
        self._settings = settings or ConnectionSettings.model_construct()
        self._monotonic = monotonic
        self._troubles: dict[str, tuple[float, str]] = {}
        file = {name: getattr(self._settings, f"kafka_{name}_file") for name in ("user", "password")}
        self._names = _NAMES | {
            name: f"BATON_KAFKA_{name.upper()}" + ("_FILE" if path else "") for name, path in file.items()
        }

    def options(self) -> dict[str, Any]:
        """For any client of aiokafka."""
        return {
            "security_protocol": self._settings.kafka_security,
            "ssl_context": self,
            "sasl_mechanism": self._settings.kafka_sasl_mechanism,
            "sasl_plain_username": "",
            "sasl_plain_password": "",
        }

    def read(self) -> Credentials:
        """What to connect with now, read from the files. Blocks. Raises FilesUnreadable."""
        chosen = self._settings
        try:
            tls = self._context() if chosen.kafka_security.endswith("SSL") else None
            if not chosen.kafka_security.startswith("SASL"):
                return Credentials(tls, "", "")
            user = _value(chosen.kafka_user, chosen.kafka_user_file, self._names["user"])
            password = _value(
                chosen.kafka_password.get_secret_value(), chosen.kafka_password_file, self._names["password"]
            )
        except ValueError as error:
            raise FilesUnreadable(str(error)) from None
        return Credentials(tls, user, password)

    @property
    def trouble(self) -> str | None:
        """Why brokers cannot be spoken to, with what to set; None while nothing is wrong."""
        since = self._monotonic() - FRESH_SECONDS
        fresh = {text for at, text in self._troubles.values() if at >= since}
        return "; ".join(sorted(fresh)) or None

    def failed(self, place: str, error: BaseException, *, in_handshake: bool = False) -> None:
        """A connection to `place`, host:port, was not made or not kept."""
        text = f"{place}: {self._explain(error, in_handshake=in_handshake)}"
        known = self._troubles.get(place)
        self._troubles[place] = (self._monotonic(), text)
        if known is None or known[1] != text:
            _log.warning("Kafka cannot be used", reason=text)

    def worked(self, place: str) -> None:
        """A broker answered there."""
        if self._troubles.pop(place, None) is not None:
            _log.info("Kafka answers again", place=place)

    def _explain(self, error: BaseException, *, in_handshake: bool) -> str:
        if isinstance(error, FilesUnreadable):
            return str(error.args[0])
        known = advice(error, (*KAFKA, *TLS, *NETWORK), self._names)
        if known is not None:
            return f"{known} ({_last(error)})"
        if in_handshake:
            return f"{self._other_protocol()} ({_last(error)})"
        return _last(error)

    def _other_protocol(self) -> str:
        """The port closed the connection before its first answer: it speaks something else."""
        security = self._settings.kafka_security
        if security.endswith("SSL"):
            return (
                f"this port of Kafka does not speak TLS as BATON_KAFKA_SECURITY={security} asks: correct the "
                "port in BATON_KAFKA, or set BATON_KAFKA_SECURITY to PLAINTEXT or SASL_PLAINTEXT"
            )
        return (
            "this port of Kafka closes connections without TLS or without a login: set BATON_KAFKA_SECURITY "
            f"to what its listener is, SASL_SSL for instance; it is {security} now"
        )

    def _context(self) -> ssl.SSLContext:
        chosen = self._settings
        try:
            context = ssl.create_default_context(cafile=chosen.kafka_ca_file)
        except (OSError, ValueError) as error:
            raise _unreadable("BATON_KAFKA_CA_FILE", chosen.kafka_ca_file, error) from None
        if chosen.kafka_certificate_file is None:
            return context
        password = _value(
            chosen.kafka_key_password.get_secret_value(),
            chosen.kafka_key_password_file,
            "BATON_KAFKA_KEY_PASSWORD_FILE",
        )
        try:
            # a password in any case: without one OpenSSL asks at the terminal
            context.load_cert_chain(chosen.kafka_certificate_file, chosen.kafka_key_file, password)
        except (OSError, ValueError) as error:
            setting = "BATON_KAFKA_CERTIFICATE_FILE with BATON_KAFKA_KEY_FILE"
            raise _unreadable(setting, chosen.kafka_certificate_file, error) from None
        return context


def _value(written: str, path: Path | None, setting: str) -> str:
    return read_secret(path, setting) if path is not None else written


def _unreadable(setting: str, path: Path | None, error: Exception) -> ValueError:
    why = getattr(error, "strerror", None) or str(error)
    return ValueError(f"{setting}: {path} cannot be used ({why}): write PEM files that can be read there")


def _last(error: BaseException) -> str:
    """The innermost cause on one line."""
    cause = causes(error)[-1]
    return f"{type(cause).__name__} {cause}".strip().replace("\n", " ")[:300]

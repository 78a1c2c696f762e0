"""How connections to PostgreSQL are made, and why none can be made now."""

from collections.abc import Callable
from typing import Any

import asyncpg

from service_kit.connection_faults import NETWORK, POSTGRES, TLS, advice
from service_kit.errors import Transient, describe
from service_kit.logs import logger

_log = logger(__name__)
_REFUSALS = (*POSTGRES, *TLS)
_NAMES = {
    "address": "BATON_DSN",
    "dsn": "BATON_DSN, or the file of BATON_DSN_FILE or BATON_POSTGRES_PASSWORD_FILE,",
    "ca": "BATON_POSTGRES_CA_FILE",
    "certificate": "BATON_POSTGRES_CERTIFICATE_FILE",
    "key": "BATON_POSTGRES_KEY_FILE",
}


class StoreClosed(Transient):
    """PostgreSQL does not let us in: do what the text says; it is tried again."""


class PostgresEntry:
    """Asks for the DSN anew for each connection, so that a password or a certificate can be replaced."""

    def __init__(self, dsn: Callable[[], str]) -> None:
        self._dsn = dsn
        self._known: str | None = None

    async def connect(self, *_: Any, **options: Any) -> Any:
        """A connection, for asyncpg's pool. Raises StoreClosed, or what asyncpg raises while PostgreSQL is
        away.
        """
        try:
            connection = await asyncpg.connect(_read(self._dsn), **options)
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, StoreClosed) as error:
            reason = str(error) if isinstance(error, StoreClosed) else refusal(error)
            self._note(reason or fault(error))
            if reason is None or isinstance(error, StoreClosed):
                raise
            raise StoreClosed(reason) from error
        self._note(None)
        return connection

    def _note(self, reason: str | None) -> None:
        if reason is not None and reason != self._known:
            _log.warning("PostgreSQL cannot be used", reason=reason)
        if reason is None and self._known is not None:
            _log.info("PostgreSQL answers again")
        self._known = reason


def _read(dsn: Callable[[], str]) -> str:
    try:
        return dsn()
    except ValueError as error:  # it names what to set and quotes nothing
        raise StoreClosed(str(error)) from None


def refusal(error: BaseException) -> str | None:
    """What to set where PostgreSQL, or its certificate, does not let us in; None for an outage."""
    known = advice(error, _REFUSALS, _NAMES)
    if known is None and isinstance(error, (asyncpg.ClientConfigurationError, FileNotFoundError)):
        known = "BATON_DSN and the settings beside it cannot be used"
    return f"{known} ({describe(error)})" if known else None


def fault(error: BaseException) -> str:
    """As `refusal`, and for whatever else may be wrong."""
    known = refusal(error) or advice(error, NETWORK, _NAMES)
    return known or describe(error)

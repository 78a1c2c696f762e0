"""Classes of error. Each names what is done about it; nothing else in the kit decides that."""

import asyncio
import json
import re
import socket
import sys
import traceback
from enum import StrEnum
from pathlib import Path

import asyncpg
from pydantic import ValidationError


class Transient(Exception):
    """It may work the next time: roll back, wait, repeat the whole batch."""


class Permanent(Exception):
    """It will never work: dead-letter the record with this text as the reason."""


class HandlerBroke(Exception):
    """A handler did not keep its side: each event needs exactly one effect of a declared kind, or a
    rejection.
    """


class Fault(StrEnum):
    """What an error asks of the consumer."""

    TRANSIENT = "transient"  # repeat the batch for as long as it takes
    EXHAUSTED = "exhausted"  # as transient, but five in a row while the database is well count as unknown
    PERMANENT = "permanent"  # find the record and dead-letter it at once
    UNKNOWN = "unknown"  # find the record, give it three tries, then dead-letter it


_EXHAUSTED: tuple[type[BaseException], ...] = (
    asyncpg.QueryCanceledError,  # statement timeout
    asyncpg.InsufficientResourcesError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.InternalClientError,  # a connection whose server died in the middle of a message to it
    TimeoutError,
    asyncio.TimeoutError,
)
_TRANSIENT: tuple[type[BaseException], ...] = (
    Transient,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby answered during a failover
    asyncpg.InvalidAuthorizationSpecificationError,  # a role not created yet, a password being rotated
    asyncpg.InvalidCatalogNameError,
    # the store is not migrated yet, or not as far as this release needs: no record is to blame
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InsufficientPrivilegeError,
    ConnectionError,
    socket.gaierror,
)
_LOCAL_FILES = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)


def classify(error: BaseException) -> Fault:
    """The class of an error raised inside a batch.

    Source of the PostgreSQL classes: PostgreSQL documentation, appendix A, classes 08, 40, 53, 54, 55 and 57.
    """
    if isinstance(error, Permanent):
        return Fault.PERMANENT
    if isinstance(error, _EXHAUSTED):
        return Fault.EXHAUSTED
    if isinstance(error, _TRANSIENT) or _lost_connection(error):
        return Fault.TRANSIENT
    return Fault.UNKNOWN


def is_transient(error: BaseException) -> bool:
    """Whether it may pass by itself, as an outage does."""
    return classify(error) in (Fault.TRANSIENT, Fault.EXHAUSTED)


def _lost_connection(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return not isinstance(error, _LOCAL_FILES)
    # asyncpg reports use of a connection that has just died as an InterfaceError, like plain misuse of its
    # API
    return (
        isinstance(error, asyncpg.InterfaceError)
        and not isinstance(error, asyncpg.DataError)
        and ("closed" in str(error) or "connection was" in str(error))
    )


def describe(error: BaseException) -> str:
    """Class and message on one line, at most 500 characters: it travels in a header and stands in logs.

    Nothing that was given is quoted, because it may be somebody's: of PostgreSQL's errors DETAIL is left out
    and the name of the constraint stays, of a model's the fields are named, and Python's own that quote a
    value say where they came from instead.
    """
    return f"{type(error).__name__}: {_unquoted(error)}".replace("\n", " ")[:500]


def _unquoted(error: BaseException) -> str:
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None)
        message = str(error.args[0]) if error.args else ""
        if isinstance(error, asyncpg.DataError):
            message = _VALUE.sub("…", message)
        return message + (f" ({constraint})" if constraint else "")
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in faults)
    if _quotes(error):
        frames = traceback.extract_tb(error.__traceback__)
        return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "not raised"
    return str(error)


_VALUE = re.compile(r"([\"']).*\1", re.DOTALL)
_QUOTING = (ValueError, TypeError, LookupError, AttributeError)
_SAYING_WHERE = (json.JSONDecodeError, OSError)
"""Of those kinds too, and they tell a place in a text or what TLS did not like, never the text."""


def _quotes(error: BaseException) -> bool:
    """Whether it is one of Python's own, or of its library's, about a value: AddressValueError quotes as
    ValueError does. Those of others are said on purpose.
    """
    is_pythons = type(error).__module__.partition(".")[0] in sys.stdlib_module_names
    return is_pythons and isinstance(error, _QUOTING) and not isinstance(error, _SAYING_WHERE)

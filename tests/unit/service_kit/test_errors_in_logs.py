"""What an exception quotes stands in no log: a value that could not be used is often somebody's."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel, EmailStr

from service_kit.errors import Permanent, describe
from service_kit.logs import configure_logs, logger

QUOTED = "zyx.person@example.com"


class _Form(BaseModel):
    email: EmailStr
    employees: int


def _unique() -> None:
    fields = {"M": "duplicate key value", "D": f"Key (email)=({QUOTED}) exists", "n": "persons_email_key"}
    raise asyncpg.PostgresError.new(fields | {"C": "23505", "S": "ERROR"})


def _syntax() -> None:
    message = f'invalid input syntax for type uuid: "{QUOTED}"'
    raise asyncpg.PostgresError.new({"M": message, "C": "22P02", "S": "ERROR"})


def _argument() -> None:
    raise asyncpg.DataError(f"invalid input for query argument $2: '{QUOTED}' (expected int, got str)")


def _in_a_chain() -> None:
    try:
        int(QUOTED)
    except ValueError as error:
        raise Permanent("the field employees is no number") from error


QUOTING: list[tuple[str, Callable[[], object]]] = [
    ("a number that is none", lambda: int(QUOTED)),
    ("a key that is missing", lambda: dict[str, str]()[QUOTED]),
    ("an id that is none", lambda: UUID(QUOTED)),
    ("an address of the network that is none", lambda: IPv4Address(QUOTED)),
    ("bytes that are no text", lambda: f"ñ{QUOTED}".encode("latin-1").decode()),
    ("a text that cannot be encoded", lambda: f"ñ{QUOTED}".encode("ascii")),
    ("an attribute of what somebody typed", lambda: getattr("", QUOTED)),
    ("a model that refuses its input", lambda: _Form(email=QUOTED + "@", employees="many")),
    ("a unique key", _unique),
    ("a value that the database cannot read", _syntax),
    ("an argument that the driver cannot write", _argument),
    ("a cause of something said well", _in_a_chain),
]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a service would write; afterwards logs are those of pytest again."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "stdout", stream)
    configure_logs(service="test", instance="test")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("broken", [row[1] for row in QUOTING], ids=[row[0] for row in QUOTING])
def test_a_logged_exception_names_its_class_and_place_and_quotes_nothing(
    broken: Callable[[], object], written: io.StringIO
) -> None:
    try:
        broken()
    except Exception as error:
        logger("test").exception("it broke")
        logging.getLogger("a.library").exception("it broke there")
        told = describe(error)
        kind = type(error).__name__
    ours, theirs = (json.loads(line) for line in written.getvalue().splitlines())
    assert "zyx" not in written.getvalue().lower() + told.lower()
    for entry in (ours, theirs):
        assert kind in entry["exception"]
        assert "test_errors_in_logs.py" in entry["exception"], "where it was"
    assert kind in told


def test_what_we_say_ourselves_is_kept() -> None:
    assert (
        describe(Permanent("the field employees is no number"))
        == "Permanent: the field employees is no number"
    )


def test_a_constraint_is_named_without_the_row() -> None:
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        _unique()
    assert describe(raised.value) == "UniqueViolationError: duplicate key value (persons_email_key)"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_what_libraries_say_on_the_way_stands_in_no_log(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setattr(sys, "stdout", written)
    configure_logs(service="router", instance="test", level=level)
    for library in ("slack_sdk.web.base_client", "apprise", "urllib3.connectionpool", "httpcore.http11"):
        logging.getLogger(library).debug("body %s", QUOTED)
        logging.getLogger(library).info("body %s", QUOTED)
    logging.getLogger("urllib3.connectionpool").warning("retrying /hooks/%s", QUOTED)
    logger("router.handlers").debug("a detail")
    logger("delivery.sender").info("message not delivered")
    said = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert said == (["a detail"] if level == "debug" else []) + ["message not delivered"]

"""Queries, classes of error, failpoints, lanes, dead letters, tokens: the kit's rules one by one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import SecretStr, ValidationError
from starlette.requests import Request

from lead_events.ids import record_id
from service_kit import deadletters, failpoints
from service_kit.auth import OPERATOR, bearer_token
from service_kit.auth_gate import Gate
from service_kit.auth_principal import Scope
from service_kit.broker import BrokerUnavailable, PublishFailed
from service_kit.conservation import Hop, hop_name
from service_kit.errors import Fault, Permanent, Transient, classify, describe
from service_kit.failpoints import Crash, FailpointsInvalid, failpoint
from service_kit.lanes import BULK_SHARE, Choice, Lanes
from service_kit.outbox import pack_headers, unpack_headers
from service_kit.problems import Problem
from service_kit.queries import QueriesInvalid, load_queries, parse_queries
from service_kit.records import Record, TopicPartition
from service_kit.settings import ServiceSettings

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LIVE, BULK = [TopicPartition("live", 0)], [TopicPartition("bulk", 0)]


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.clear()


def test_queries_are_found_by_name_and_lose_their_comments() -> None:
    queries = parse_queries("-- head\n-- name: one\n-- what for\nSELECT 1\n-- why\nFROM t;\n", source="q.sql")
    assert queries.one == queries["one"] == "SELECT 1\nFROM t"
    assert list(queries) == ["one"]
    with pytest.raises(AttributeError, match="it has one"):
        _ = queries.two
    assert len(load_queries("service_kit")) > 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "q.sql: no query in it"),
        ("-- head only\n", "q.sql: no query in it"),
        ("SELECT 1", "q.sql:1: SQL before the first"),
        ("-- name: a\nSELECT 1", "q.sql:1: a lacks a line of purpose"),
        ("-- name: a\n-- for\n", "q.sql:1: a has no SQL"),
        ("-- name: a\n-- f\nSELECT 1\n-- name: a\n-- f\nSELECT 2", "q.sql:4: a second query named 'a'"),
        ("-- name: a-b\n-- f\nSELECT 1", "'a-b' is no name"),
    ],
)
def test_a_query_file_that_breaks_its_form_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(QueriesInvalid) as refused:
        parse_queries(text, source="q.sql")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ConnectionRefusedError(), Fault.TRANSIENT),
        (OSError("Multiple exceptions: connect call failed"), Fault.TRANSIENT),
        (Transient("wait"), Fault.TRANSIENT),
        (asyncpg.DeadlockDetectedError("x"), Fault.TRANSIENT),
        (asyncpg.SerializationError("x"), Fault.TRANSIENT),
        (asyncpg.LockNotAvailableError("x"), Fault.TRANSIENT),
        (asyncpg.AdminShutdownError("x"), Fault.TRANSIENT),
        (asyncpg.CannotConnectNowError("x"), Fault.TRANSIENT),
        (asyncpg.ConnectionDoesNotExistError("x"), Fault.TRANSIENT),
        (asyncpg.InterfaceError("connection is closed"), Fault.TRANSIENT),
        (asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is"), Fault.EXHAUSTED),
        (asyncpg.TooManyConnectionsError("x"), Fault.EXHAUSTED),
        (asyncpg.DiskFullError("x"), Fault.EXHAUSTED),
        (asyncpg.QueryCanceledError("x"), Fault.EXHAUSTED),
        (TimeoutError(), Fault.EXHAUSTED),
        (Permanent("never"), Fault.PERMANENT),
        (BrokerUnavailable("away"), Fault.TRANSIENT),
        (asyncpg.UniqueViolationError("x"), Fault.UNKNOWN),
        (asyncpg.UndefinedTableError("x"), Fault.TRANSIENT),
        (asyncpg.UndefinedFunctionError("x"), Fault.TRANSIENT),
        (asyncpg.InterfaceError("the server expects 1 argument"), Fault.UNKNOWN),
        (FileNotFoundError("x"), Fault.UNKNOWN),
        (ValueError("x"), Fault.UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_error_has_a_class(error: Exception, fault: Fault) -> None:
    assert classify(error) is fault


def test_an_error_is_described_on_one_short_line() -> None:
    assert describe(RuntimeError("a\nb")) == "RuntimeError: a b"
    assert len(describe(RuntimeError("x" * 5000))) == 500


async def test_a_failpoint_acts_at_the_hit_it_is_told_and_otherwise_never() -> None:
    await failpoint("anywhere")
    failpoints.activate("here=crash@2, there=error:deadlock")
    await failpoint("here")
    with pytest.raises(Crash):
        await failpoint("here")
    await failpoint("here")
    assert failpoints.hits("here") == 3
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await failpoint("there")


@pytest.mark.parametrize(
    "text", ["here", "here=explode", "here=error:none", "here=sleep:long", "here=kill@x"]
)
def test_failpoints_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(FailpointsInvalid):
        failpoints.activate(text)


def test_the_bulk_lane_gets_one_batch_in_twenty_while_the_live_lane_lags() -> None:
    lanes = Lanes(["bulk"])
    old = [_record("live", NOW - timedelta(seconds=2))]
    assert lanes.choose(LIVE, BULK, NOW) is Choice.BOTH
    lanes.learn(Choice.BOTH, old, NOW)
    choices = []
    for _ in range(2 * BULK_SHARE):
        choices.append(lanes.choose(LIVE, BULK, NOW))
        lanes.learn(choices[-1], old, NOW)
    assert choices.count(Choice.BULK) == 2
    assert choices.count(Choice.LIVE) == 2 * BULK_SHARE - 2
    assert lanes.choose([], BULK, NOW) is Choice.BOTH, "a member without a live partition waits for nothing"


def test_the_bulk_lane_goes_on_when_the_live_lane_has_caught_up_or_is_empty() -> None:
    for records in ([_record("live", NOW - timedelta(milliseconds=200))], []):
        lanes = Lanes(["bulk"])
        lanes.learn(Choice.LIVE, [_record("live", NOW - timedelta(seconds=2))], NOW)
        assert lanes.paused
        lanes.learn(Choice.LIVE, records, NOW)
        assert not lanes.paused


def test_bulk_records_keep_a_batch_busy_for_a_moment_while_live_ones_come() -> None:
    lanes = Lanes(["bulk"])
    bulk, live = _record("bulk", NOW), _record("live", NOW)
    for _ in range(50):
        lanes.took([bulk] * 500, 1.0, NOW)
    assert lanes.room_for_bulk(500, [], NOW) == 500, "nobody waits"
    assert lanes.choose(LIVE, BULK, NOW) is Choice.BOTH
    lanes.learn(Choice.BOTH, [live], NOW)
    taken = [live, *[bulk] * 5]
    assert lanes.room_for_bulk(500, taken, NOW) == 20
    assert lanes.room_for_bulk(3, taken, NOW) == 3
    for _ in range(50):
        lanes.took([bulk] * 10, 10.0, NOW)
    assert lanes.room_for_bulk(500, [], NOW) == 10, "however slow, it goes on"
    assert lanes.room_for_bulk(500, [bulk] * 12, NOW) == 0
    assert lanes.room_for_bulk(500, [], NOW + timedelta(seconds=11)) == 500


def test_after_bulk_records_a_batch_as_long_as_they_took_is_the_live_lanes_alone() -> None:
    lanes = Lanes(["bulk"])
    bulk, live = _record("bulk", NOW), _record("live", NOW)
    lanes.learn(Choice.BOTH, [live], NOW)
    for _ in range(50):
        lanes.took([live], 0.0205, NOW)
        lanes.took([live, *[bulk] * 99], 0.07, NOW)
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=49)) is Choice.LIVE
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=50)) is Choice.BOTH, "20 ms are not bulk's"
    lanes.took([bulk] * 100, 0.07, NOW)
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=69)) is Choice.LIVE, "here they are"
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=70)) is Choice.BOTH
    lanes.took([live], 5.0, NOW)
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=70)) is Choice.BOTH
    lanes.took([bulk], 600.0, NOW)
    assert lanes.choose(LIVE, BULK, NOW + timedelta(milliseconds=1001)) is Choice.BOTH
    assert lanes.choose(LIVE, BULK, NOW - timedelta(hours=1)) is Choice.BOTH, "the clock was set back"
    lanes.learn(Choice.BOTH, [_record("live", NOW - timedelta(hours=1))], NOW - timedelta(hours=1))
    assert lanes.choose(LIVE, BULK, NOW - timedelta(hours=1)) is Choice.BOTH


def test_a_dead_letter_says_where_and_why_and_goes_back_as_it_came() -> None:
    identity = uuid4()
    record = _record("lead-scored", NOW, headers=(("ce_id", str(identity).encode()), ("x", b"\xff")))
    letter = deadletters.dead_letter(record, consumer="router", reason="out of domain", at=NOW)
    assert letter.topic == "lead-scored-router-dlq"
    about = deadletters.described(letter.headers)
    assert (about["id"], about["topic"], about["reason"]) == (str(identity), "lead-scored", "out of domain")
    there = Record(letter.topic, 0, 9, letter.key, letter.value, letter.headers, NOW)
    back = deadletters.replayed(there)
    assert back is not None
    assert (back.topic, back.key, back.value, back.headers) == (
        record.topic,
        record.key,
        record.value,
        record.headers,
    )
    assert deadletters.replayed(record) is None


@pytest.mark.parametrize("headers", [(), (("ce_id", b"not a uuid"),)])
def test_a_record_without_a_readable_id_gets_the_id_of_its_place(
    headers: tuple[tuple[str, bytes], ...],
) -> None:
    record = _record("lead-scored", NOW, headers=headers)
    assert deadletters.identity_of(record) == record_id("lead-scored", 0, 4)


def test_headers_of_any_bytes_survive_the_outbox() -> None:
    headers = (("ce_id", bytes(range(256))), ("ce_subject", "née".encode()))
    assert unpack_headers(pack_headers(headers)) == headers


def test_a_hop_is_accounted_for_when_the_fates_add_up() -> None:
    hop = Hop(
        "intake-scoring",
        "lead-submitted",
        read=10,
        effects={"opened": 6, "joined": 1},
        repeats=2,
        dead_letters=1,
    )
    assert hop.unaccounted == 0
    hop.read += 1
    assert hop.as_json()["unaccounted"] == 1
    assert hop_name("lead-submitted", "scoring") == "intake-scoring"


def test_a_failed_publication_says_how_many_are_safe() -> None:
    failed = PublishFailed([0], {1: "too large"}, 3)
    assert str(failed) == "1 of 3 records acknowledged, 1 refused, 1 without an answer: too large"


@pytest.mark.parametrize(
    ("token", "header", "status"),
    [
        ("secret", None, 401),
        ("secret", "Basic secret", 401),
        ("secret", "Bearer wrong", 401),
        ("", "Bearer ", 403),
        ("", "Bearer anything", 403),
        ("secret", "Bearer secret", None),
        ("secret", "bearer secret", None),
    ],
)
async def test_only_the_operators_token_passes(token: str, header: str | None, status: int | None) -> None:
    gate = Gate(ServiceSettings(operator_token=SecretStr(token)))
    headers = [(b"authorization", header.encode())] if header is not None else []
    request = Request({"type": "http", "headers": headers})
    credentials = await OPERATOR(request)
    if status is None:
        await gate.admit(request, credentials, Scope.OPERATE)
        return
    with pytest.raises(Problem) as refused:
        await gate.admit(request, credentials, Scope.OPERATE)
    assert refused.value.status == status


def test_a_bearer_token_may_be_anybodys() -> None:
    assert bearer_token(HTTPAuthorizationCredentials(scheme="Bearer", credentials=" abc ")) == "abc"


def test_settings_come_from_the_environment_and_wrong_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_HTTP_PORT", "9000")
    monkeypatch.setenv("BATON_LOG_LEVEL", "")
    settings = ServiceSettings()
    assert (settings.http_port, settings.log_level) == (9000, "info")
    with pytest.raises(ValueError, match="BATON_DSN is not set"):
        settings.require_dsn()
    monkeypatch.setenv("BATON_HTTP_PORT", "ninety")
    with pytest.raises(ValidationError, match="http_port"):
        ServiceSettings()


def _record(topic: str, at: datetime, *, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record(topic, 0, 4, b"key", b"{}", headers, at)

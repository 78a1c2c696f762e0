"""PostgreSQL that takes TLS alone is checked by its certificate; who is not let in is told what to set."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from structlog.testing import capture_logs

from baton_dev.postgres import PostgresServer
from service_kit.connection_settings import ConnectionSettings
from service_kit.migrate import migrate
from service_kit.postgres import Connection, Database
from service_kit.postgres_entry import StoreClosed
from tests.integration.security.servers import PASSWORD, Papers, guarded_postgres

pytestmark = pytest.mark.stack
TLS = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def settings(postgres: PostgresServer, made: Papers, **chosen: Any) -> ConnectionSettings:
    """Of the role `plain`, checked in full, unless `chosen` says otherwise; None leaves a setting out."""
    role = chosen.pop("role", "plain")
    given: dict[str, Any] = {
        "dsn": f"postgresql://{role}:{PASSWORD}@127.0.0.1:{postgres.port}/postgres",
        "postgres_sslmode": "verify-full",
        "postgres_ca_file": made.authority.file,
    }
    return ConnectionSettings(**{k: v for k, v in (given | chosen).items() if v is not None})


def own_certificate(made: Papers, *, ended: bool = False) -> dict[str, Path]:
    pair = made.ended_client if ended else made.client
    return {"postgres_certificate_file": pair.certificate, "postgres_key_file": pair.key}


async def asked(chosen: ConnectionSettings) -> bool:
    """Whether the connection of a service's pool is encrypted."""
    database = Database(chosen.require_dsn, schema="plain", application_name="test")
    await database.open()
    try:
        async with database.acquire() as conn:
            return bool(await conn.fetchval(TLS))
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("role", "more"),
    [("plain", False), ("certified", True)],
    ids=["by password over TLS", "by certificate and password"],
)
async def test_pools_and_migrations_get_in(
    postgres: PostgresServer, made: Papers, *, role: str, more: bool
) -> None:
    chosen = settings(postgres, made, role=role, **(own_certificate(made) if more else {}))
    assert await asked(chosen)
    assert migrate(chosen.require_dsn(), schema=f"by_{role}", packages=[])


async def test_what_the_dsn_says_itself_goes_before_settings(postgres: PostgresServer, made: Papers) -> None:
    whole = f"{settings(postgres, made, postgres_sslmode=None, postgres_ca_file=None).require_dsn()}"
    dsn = f"{whole}?sslmode=verify-full&sslrootcert={made.authority.file}"
    chosen = settings(postgres, made, dsn=dsn, postgres_ca_file=made.stranger.file)
    assert await asked(chosen)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a wrong password", {"dsn": "another password"}, "does not take role or password: correct BATON_DSN"),
    ("another authority", {"postgres_ca_file": "stranger"}, "set BATON_POSTGRES_CA_FILE"),
    ("no TLS", {"postgres_sslmode": "disable"}, "set BATON_POSTGRES_SSLMODE=verify-full"),
    (
        "no certificate",
        {"role": "certified"},
        "set BATON_POSTGRES_CERTIFICATE_FILE and BATON_POSTGRES_KEY_FILE",
    ),
    (
        "our certificate has ended",
        {"role": "certified", "own": "ended"},
        "set BATON_POSTGRES_CERTIFICATE_FILE",
    ),
    ("a file that is not there", {"postgres_ca_file": Path("/nowhere/ca.pem")}, "BATON_POSTGRES_CA_FILE"),
]


def as_given(postgres: PostgresServer, made: Papers, more: dict[str, Any]) -> ConnectionSettings:
    given = dict(more)
    if given.get("postgres_ca_file") == "stranger":
        given["postgres_ca_file"] = made.stranger.file
    if given.get("dsn"):
        given["dsn"] = f"postgresql://plain:wrong-horse@127.0.0.1:{postgres.port}/postgres"
    if given.pop("own", None):
        given |= own_certificate(made, ended=True)
    return settings(postgres, made, **given)


@pytest.mark.parametrize(("more", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_who_is_not_let_in_is_told_once_what_to_set(
    postgres: PostgresServer, made: Papers, more: dict[str, Any], said: str
) -> None:
    chosen = as_given(postgres, made, more)
    database = Database(chosen.require_dsn, schema="plain", application_name="test")
    await database.open()
    with capture_logs() as logged:
        for _ in range(2):
            with pytest.raises(StoreClosed) as refused:
                await _encrypted(database)
            assert said in str(refused.value)
    await database.close()
    # a connection may be reset before the server's word about our certificate is read: two ways of saying it
    assert 1 <= len(logged) <= (2 if more.get("own") == "ended" else 1)
    assert {entry["event"] for entry in logged} == {"PostgreSQL cannot be used"}
    assert said in logged[0]["reason"]
    assert "horse" not in str(logged) + str(refused.value)


@pytest.mark.parametrize(("more", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_migration_that_is_not_let_in_says_what_to_set(
    postgres: PostgresServer, made: Papers, more: dict[str, Any], said: str
) -> None:
    with pytest.raises((StoreClosed, ValueError)) as refused:
        migrate(as_given(postgres, made, more).require_dsn(), schema="refused", packages=[])
    assert said in str(refused.value)
    assert "horse" not in str(refused.value)


@pytest.fixture
def ended(made: Papers, tmp_path: Path) -> Iterator[PostgresServer]:
    """A server whose certificate was valid until yesterday."""
    server = guarded_postgres(tmp_path / "ended", made, ended=True)
    server.start()
    yield server
    server.stop()


async def test_a_certificate_that_has_ended_is_not_taken(ended: PostgresServer, made: Papers) -> None:
    with pytest.raises(StoreClosed, match="has expired: renew it on the server"):
        await asked(settings(ended, made))


async def test_a_server_without_tls_is_not_spoken_to_in_the_clear(made: Papers, database_dsn: str) -> None:
    chosen = settings(PostgresServer(Path("unused")), made, dsn=database_dsn)
    with pytest.raises(StoreClosed, match="speaks no TLS there"):
        await asked(chosen)


async def test_a_password_replaced_in_its_file_holds_for_the_next_connection(
    postgres: PostgresServer, made: Papers, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("another")
    dsn = f"postgresql://plain@127.0.0.1:{postgres.port}/postgres"
    chosen = settings(postgres, made, dsn=dsn, postgres_password_file=file)
    database = Database(chosen.require_dsn, schema="plain", application_name="test", max_size=1)
    await database.open()
    with pytest.raises(StoreClosed, match="BATON_POSTGRES_PASSWORD_FILE"):
        await _encrypted(database)
    file.write_text(f"{PASSWORD}\n")
    with capture_logs() as logged:
        assert await _encrypted(database)
    assert [entry["event"] for entry in logged] == ["PostgreSQL answers again"]
    with closing(psycopg.connect(postgres.dsn, autocommit=True)) as superuser:
        _replace(superuser, "n/ew: p@ss")
        try:
            file.write_text("n/ew: p@ss")
            assert await _encrypted(database), "a connection that is open stays"
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'plain'"
            )
            with pytest.raises(asyncpg.PostgresConnectionError):
                await _encrypted(database)
            assert await _encrypted(database), "the next is made with the new password"
        finally:
            _replace(superuser, PASSWORD)
            await database.close()


async def _encrypted(database: Database) -> bool:
    async with database.acquire() as conn:
        return await _is_encrypted(conn)


async def _is_encrypted(conn: Connection) -> bool:
    return bool(await conn.fetchval(TLS))


def _replace(superuser: "psycopg.Connection[Any]", password: str) -> None:
    superuser.execute(f"alter role plain password '{password}'".encode())

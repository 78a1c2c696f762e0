"""Settings of connections that cannot be are refused with what to write, and never quote a secret."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from router.settings import RouterSettings
from service_kit import dsn
from service_kit.connection_settings import ConnectionSettings
from service_kit.settings import SettingsRefused, read_settings

LOGIN = {"kafka_user": "baton", "kafka_password": "hunter2-secret"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "a login without a user",
        {"kafka_security": "SASL_SSL", "kafka_password": "hunter2-secret"},
        "set BATON_KAFKA_USER or BATON_KAFKA_USER_FILE",
    ),
    (
        "a login without a password",
        {"kafka_security": "sasl_ssl", "kafka_user": "baton"},
        "set BATON_KAFKA_PASSWORD or BATON_KAFKA_PASSWORD_FILE",
    ),
    (
        "a password twice",
        {"kafka_security": "SASL_SSL", **LOGIN, "kafka_password_file": "p"},
        "set BATON_KAFKA_PASSWORD or BATON_KAFKA_PASSWORD_FILE, not both",
    ),
    (
        "a protocol that is none",
        {"kafka_security": "TLS"},
        "BATON_KAFKA_SECURITY: Input should be 'PLAINTEXT', 'SSL'",
    ),
    (
        "a mechanism that is none",
        {"kafka_sasl_mechanism": "SCRAM"},
        "BATON_KAFKA_SASL_MECHANISM: Input should be 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'",
    ),
    (
        "a key without its certificate",
        {"kafka_key_file": "k"},
        "BATON_KAFKA_KEY_FILE needs BATON_KAFKA_CERTIFICATE_FILE",
    ),
    (
        "a certificate without its key",
        {"postgres_certificate_file": "c"},
        "BATON_POSTGRES_CERTIFICATE_FILE needs BATON_POSTGRES_KEY_FILE",
    ),
    (
        "an sslmode that is none",
        {"postgres_sslmode": "full"},
        "BATON_POSTGRES_SSLMODE: Input should be 'disable'",
    ),
    (
        "a DSN twice",
        {"dsn": "postgresql://hunter2-secret@h/d", "dsn_file": "d"},
        "set BATON_DSN or BATON_DSN_FILE, not both",
    ),
]


@pytest.mark.parametrize(("given", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_settings_that_do_not_go_together_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(lambda: ConnectionSettings(**given))
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_that_is_refused_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LINK_SECRET", "hunter2-short")
    with pytest.raises(ValidationError) as raw:
        RouterSettings()
    with pytest.raises(SettingsRefused) as told:
        read_settings(RouterSettings)
    assert "BATON_LINK_SECRET" in str(told.value)
    assert "hunter2" not in str(raw.value) + str(told.value)


DSNS: list[tuple[str, str]] = [
    ("another scheme", "mysql://baton:hunter2@db/baton"),
    ("no scheme", "host=db password=hunter2"),
    ("an at sign in the password", "postgresql://baton:hunter2@x@db/baton"),
    ("a slash in the password", "postgresql://baton:hunter2/x@db/baton"),
    ("a question mark in the password", "postgresql://baton:hunter2?x@db/baton"),
    ("a bracket that does not close", "postgresql://baton:hunter2@[::1/baton"),
]


@pytest.mark.parametrize("written", [row[1] for row in DSNS], ids=[row[0] for row in DSNS])
def test_a_dsn_that_would_be_misread_is_refused_and_not_quoted(written: str) -> None:
    with pytest.raises(ValueError, match="postgresql://role:password@host:port/database") as refused:
        ConnectionSettings(dsn=written).require_dsn()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://baton:p%40ss@db:5432/baton",
        "postgres://baton@[::1]:5432/baton?application_name=x",
        "postgresql://baton:p@one:5432,two:5433/baton?target_session_attrs=read-write",
        "postgresql:///baton?host=/run/postgresql",
    ],
)
def test_what_drivers_understand_is_taken_as_it_is(written: str) -> None:
    assert ConnectionSettings(dsn=written).require_dsn() == written


def test_a_password_from_a_file_is_encoded_into_the_dsn() -> None:
    assert dsn.with_password("postgresql://baton:old@db/baton", "n/ew: p@ss") == (
        "postgresql://baton:n%2Few%3A%20p%40ss@db/baton"
    )


def test_the_dsns_own_parameters_go_before_settings(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("a certificate")
    chosen = ConnectionSettings(
        dsn="postgresql://baton@db/baton?sslmode=verify-ca",
        postgres_sslmode="verify-full",
        postgres_ca_file=authority,
    )
    assert chosen.require_dsn() == f"postgresql://baton@db/baton?sslmode=verify-ca&sslrootcert={authority}"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("", "is empty"), ("one\ntwo\n", "has several lines")],
    ids=["a file that is missing", "an empty file", "a file of several lines"],
)
def test_a_file_with_a_dsn_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "dsn"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=f"BATON_DSN_FILE: .*{said}"):
        ConnectionSettings(dsn_file=file).require_dsn()

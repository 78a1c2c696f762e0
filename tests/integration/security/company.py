"""A whole installation on guarded servers, with every secret set and receivers of messages that all fail."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Any

from baton_dev.stack import Stack
from tests.e2e.company import company_round_the_clock
from tests.integration.security.servers import PASSWORD, USER, Papers, guarded_kafka, guarded_postgres

FILES = ("slack-token", "slack-signing", "rep-hook", "teams", "shop-signature")
"""Secrets that the rulebook names."""
SETTINGS = {"ACCESS_TOKEN": 24, "FORM_TOKEN_SECRET": 32, "LINK_SECRET": 40, "ERASURE_KEY": 24}
"""Secrets that are settings, and how long."""
NOBODY = "http://127.0.0.1:9/nobody-listens-here"


@dataclass(frozen=True)
class Installed:
    """A stack, every secret that it was given, and the file with Kafka's password."""

    stack: Stack
    secrets: Mapping[str, str]
    kafka_password: Path


def installed(home: Path, made: Papers) -> Installed:
    """The stack, not started. `home` gets the files with secrets."""
    folder = home / "secrets"
    folder.mkdir(parents=True)
    known = {name: f"{name}-{token_hex(12)}" for name in FILES}
    for name in ("rep-hook", "shop-signature"):
        known[name] = f"whsec_{b64encode(token_bytes(32)).decode()}"
    known["teams"] = f"json://receiver:{token_hex(12)}@127.0.0.1:9/teams"
    for name, value in known.items():
        (folder / name).write_text(value)
    password = home / "kafka-password"
    password.write_text(PASSWORD)
    chosen = {name: token_urlsafe(length) for name, length in SETTINGS.items()}
    mail = token_hex(12)
    extra = {f"BATON_{name}": value for name, value in chosen.items()} | {
        "BATON_SECRETS_DIR": str(folder),
        "BATON_SMTP_URL": f"smtp://mailer:{mail}@127.0.0.1:9",
        "BATON_SMTP_FROM": "baton@aurora.example",
        "BATON_SLACK_API": "http://127.0.0.1:9/api/",
        "BATON_DELIVERY_ALLOW": "127.0.0.1:9",
        "BATON_PUBLIC_URL": "http://127.0.0.1:9",
        "BATON_TRUSTED_PROXIES": "127.0.0.0/8",
        "BATON_LOG_LEVEL": "debug",
    }
    del extra["BATON_ACCESS_TOKEN"]  # the operator's own is asked with: this one nobody would know
    stack = guarded(Stack(home, _company(), fsync=False, extra_env=extra), home, made, password)
    passwords = {f"password of {name}": value for name, value in stack.secrets.passwords.items()}
    rest = {"kafka": PASSWORD, "mail": mail, "operator": stack.secrets.operator_token}
    return Installed(stack, known | chosen | passwords | rest, password)


def guarded(stack: Stack, home: Path, made: Papers, password: Path) -> Stack:
    """The stack on guarded servers, told of the file with Kafka's password."""
    stack.kafka, at = guarded_kafka(home / "kafka", made)
    stack.postgres = guarded_postgres(home / "postgres", made)
    stack._extra_env |= {
        "BATON_KAFKA": at["LOGIN"],
        "BATON_KAFKA_SECURITY": "SASL_SSL",
        "BATON_KAFKA_CA_FILE": str(made.authority.file),
        "BATON_KAFKA_USER": USER,
        "BATON_KAFKA_PASSWORD_FILE": str(password),
        "BATON_POSTGRES_SSLMODE": "verify-full",
        "BATON_POSTGRES_CA_FILE": str(made.authority.file),
    }
    return stack


def _company() -> dict[str, Any]:
    """The example company, whose reps hear by every channel, and a shop that signs what it posts."""
    document = company_round_the_clock()
    for rep in document["roster"]["reps"].values():
        rep["notify"] = [
            {"channel": "email"},
            {"channel": "slack", "to": "U0123ABCD"},
            {"channel": "webhook", "to": NOBODY, "secret": "rep-hook"},
            {"channel": "apprise", "secret": "teams"},
        ]
    shop = {key: value for key, value in document["forms"]["newsletter"].items() if key != "alerts"}
    signature = {"scheme": "standard_webhooks", "secret": "shop-signature"}
    document["forms"]["shop"] = shop | {"key": "shop-form", "name": "Shop", "signature": signature}
    return document

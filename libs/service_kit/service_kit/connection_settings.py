"""How to get into Kafka and PostgreSQL, as the environment says it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service_kit import dsn as dsns

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
Upper = BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value)


class ConnectionSettings(BaseSettings):
    """Addresses, encryption and passwords of both servers. Files are read again for each new connection."""

    # what a setting held is not quoted where it is refused: it may be a secret
    model_config = SettingsConfigDict(
        env_prefix="BATON_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers, host:port, comma-separated")
    kafka_security: Annotated[Security, Upper] = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the listener is set up"
    )
    kafka_ca_file: Path | None = Field(
        None, description="PEM with who signed the brokers' certificates; absent: those the system trusts"
    )
    kafka_certificate_file: Path | None = Field(
        None, description="PEM with our own certificate, where brokers ask for one"
    )
    kafka_key_file: Path | None = Field(None, description="PEM with its key, where it is in no one file")
    kafka_key_password: SecretStr = Field(SecretStr(""), description="of the key, where it has one")
    kafka_key_password_file: Path | None = Field(None, description="file with that password")
    kafka_sasl_mechanism: Annotated[Mechanism, Upper] = Field(
        "SCRAM-SHA-512", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_user: str = Field("", description="for SASL")
    kafka_user_file: Path | None = Field(None, description="file with the user's name")
    kafka_password: SecretStr = Field(SecretStr(""), description="for SASL")
    kafka_password_file: Path | None = Field(None, description="file with the password")

    dsn: SecretStr = Field(SecretStr(""), description="postgresql://role:password@host:port/database")
    dsn_file: Path | None = Field(None, description="file with the DSN")
    postgres_password_file: Path | None = Field(
        None, description="file with the role's password, instead of one in the DSN"
    )
    postgres_sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = (
        Field(None, description="as libpq has it; verify-full is the one to use; the DSN's own goes first")
    )
    postgres_ca_file: Path | None = Field(None, description="PEM with who signed the server's certificate")
    postgres_certificate_file: Path | None = Field(
        None, description="PEM with our own certificate, where the server asks for one"
    )
    postgres_key_file: Path | None = Field(None, description="PEM with its key")

    @model_validator(mode="after")
    def _goes_together(self) -> "ConnectionSettings":
        for given, other in _TOGETHER:
            if getattr(self, given) and not getattr(self, other):
                raise ValueError(f"{_variable(given)} needs {_variable(other)} beside it")
        for either, or_ in _EITHER:
            if _is_set(getattr(self, either)) and getattr(self, or_):
                raise ValueError(f"set {_variable(either)} or {_variable(or_)}, not both")
        if self.kafka_security.startswith("SASL"):
            self._require_login()
        return self

    def _require_login(self) -> None:
        for name in ("kafka_user", "kafka_password"):
            if not _is_set(getattr(self, name)) and not getattr(self, f"{name}_file"):
                raise ValueError(
                    f"BATON_KAFKA_SECURITY={self.kafka_security} needs a login: set {_variable(name)} or "
                    f"{_variable(name)}_FILE"
                )

    def require_dsn(self) -> str:
        """The DSN as it is now, with what the settings beside it say. Raises ValueError that says what to
        set, and quotes nothing of it.
        """
        written = self.dsn.get_secret_value()
        if not written and self.dsn_file is None:
            raise ValueError(
                "BATON_DSN is not set: write postgresql://role:password@host:port/database, or name a file "
                "with it in BATON_DSN_FILE"
            )
        if self.dsn_file is not None:
            written = read_secret(self.dsn_file, "BATON_DSN_FILE")
        if self.postgres_password_file is not None:
            password = read_secret(self.postgres_password_file, "BATON_POSTGRES_PASSWORD_FILE")
            written = dsns.with_password(written, password)
        whole = dsns.with_missing(
            dsns.checked(written),
            {
                "sslmode": self.postgres_sslmode,
                "sslrootcert": self.postgres_ca_file,
                "sslcert": self.postgres_certificate_file,
                "sslkey": self.postgres_key_file,
            },
        )
        if (found := dsns.unreadable_file(whole)) is not None:
            parameter, path = found
            raise ValueError(
                f"{_FILES[parameter]}, or {parameter} in the DSN: {path} is missing or not readable for us: "
                "mount a PEM file there"
            )
        return whole


def read_secret(path: Path, setting: str) -> str:
    """The one line of a file. Raises ValueError that names the setting, and quotes nothing of the file."""
    try:
        text = path.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no text"
        raise ValueError(f"{setting}: {path} cannot be read ({why}): mount it, readable for us") from None
    if not text:
        raise ValueError(f"{setting}: {path} is empty: write the value into it")
    if "\n" in text:
        raise ValueError(f"{setting}: {path} has several lines: leave one")
    return text


_FILES = {
    "sslrootcert": "BATON_POSTGRES_CA_FILE",
    "sslcert": "BATON_POSTGRES_CERTIFICATE_FILE",
    "sslkey": "BATON_POSTGRES_KEY_FILE",
}
_TOGETHER = (
    ("kafka_key_file", "kafka_certificate_file"),
    ("postgres_key_file", "postgres_certificate_file"),
    ("postgres_certificate_file", "postgres_key_file"),
)
_EITHER = (
    ("dsn", "dsn_file"),
    ("kafka_user", "kafka_user_file"),
    ("kafka_password", "kafka_password_file"),
    ("kafka_key_password", "kafka_key_password_file"),
)


def _is_set(value: str | SecretStr) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _variable(name: str) -> str:
    return f"BATON_{name.upper()}"

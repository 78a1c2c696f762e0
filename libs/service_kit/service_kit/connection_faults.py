"""What to do about a server that does not let us in, from what drivers and TLS libraries say.

The rows are tried in order on the texts of an error and its causes; the names of settings are filled in.
Sources: the messages of OpenSSL 3, libpq 18, asyncpg 0.32, aiokafka 0.14 and Apache Kafka 4.
"""

import re
from collections.abc import Mapping, Sequence

Row = tuple[str, str]

TLS: Sequence[Row] = (
    (
        r"certificate has expired",
        "the server's certificate has expired: renew it on the server",
    ),
    (
        r"certificate is not yet valid",
        "the server's certificate is not valid yet: compare the clocks of both machines",
    ),
    (
        r"Hostname mismatch|IP address mismatch|does not match host name",
        "the server's certificate is for another name: write a name that stands in it into {address}",
    ),
    (
        r"self-signed certificate|unable to get (local )?issuer|certificate verify failed",
        "who signed the server's certificate is not trusted: set {ca} to a PEM file with that authority",
    ),
    (
        r"CERTIFICATE_REQUIRED|certificate required|BAD_CERTIFICATE|ALERT_CERTIFICATE|ALERT_UNKNOWN_CA"
        r"|alert bad certificate|alert certificate (expired|unknown)|alert unknown ca",
        "the server does not take our certificate: set {certificate} and {key} to one that is valid now and "
        "signed by an authority it trusts",
    ),
)
NETWORK: Sequence[Row] = (
    (
        r"gaierror|Name or service not known|could not translate host name",
        "no machine has that name: correct {address}",
    ),
    (
        r"Connection refused|Connect call failed",
        "nothing listens there: start it, or correct {address}",
    ),
)
KAFKA: Sequence[Row] = (
    (
        r"does not support .* mechanism|UnsupportedSaslMechanism|Unsupported.*mechanism",
        "Kafka takes another way of logging in: set BATON_KAFKA_SASL_MECHANISM",
    ),
    (
        r"SaslAuthenticationFailed|Authentication failed|invalid credentials",
        "Kafka does not take user or password: correct {user} and {password}",
    ),
    (
        r"Server sent wrong signature|Server nonce",
        "who answers does not know our password, so it is not our Kafka: correct BATON_KAFKA",
    ),
    (
        r"IllegalSaslState",
        "this port of Kafka asks for no login: set BATON_KAFKA_SECURITY to PLAINTEXT or SSL",
    ),
)
POSTGRES: Sequence[Row] = (
    (
        r"password authentication failed|InvalidPasswordError",
        "PostgreSQL does not take role or password: correct {dsn}",
    ),
    (
        r"requires a valid client certificate|certificate authentication failed",
        "PostgreSQL asks for a certificate of this role: set {certificate} and {key}",
    ),
    (
        r"pg_hba\.conf.*no encryption",
        "PostgreSQL lets nobody in without TLS: set BATON_POSTGRES_SSLMODE=verify-full and {ca}",
    ),
    (
        r"pg_hba\.conf",
        "PostgreSQL lets this role in from nowhere or not from here: add a line to its pg_hba.conf",
    ),
    (
        r"rejected SSL upgrade|does not support SSL",
        "PostgreSQL speaks no TLS there: turn ssl on in its settings, or correct the port in {dsn}",
    ),
    (
        r"root certificate file|sslrootcert",
        "there is no file with who signs PostgreSQL's certificate: set {ca} to a PEM file that can be read",
    ),
    (
        r"(certificate|private key) file .*(does not exist|permissions|could not|has group)",
        "our certificate cannot be read: correct {certificate} and {key}; the key only for its owner",
    ),
    (
        r"closed in the middle of operation|unexpected connection_lost|Connection reset by peer",
        "PostgreSQL broke off the login, its log says why: it starts or stops, or it does not take our "
        "certificate; then set {certificate} and {key} to one that is valid now",
    ),
)


def advice(error: BaseException, rows: Sequence[Row], names: Mapping[str, str]) -> str | None:
    """What to do, in one sentence; None where nothing is known of it."""
    text = " / ".join(f"{type(each).__name__}: {each}" for each in causes(error))
    for pattern, sentence in rows:
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL):
            return sentence.format_map(names)
    return None


def causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from, the outermost first."""
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return found

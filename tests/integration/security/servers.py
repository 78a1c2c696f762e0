"""Kafka and PostgreSQL that let nobody in without TLS and a login, on one machine."""

from dataclasses import dataclass
from pathlib import Path

from baton_dev.kafka import KafkaServer
from baton_dev.ports import choose_port
from baton_dev.postgres import PostgresServer
from tests.integration.security.certificates import Authority, Pair

USER, PASSWORD = "baton", "correct-horse-9"
PROTOCOLS = {"LOGIN": "SASL_SSL", "MUTUAL": "SSL", "ENDED": "SASL_SSL", "CLEAR": "SASL_PLAINTEXT"}


@dataclass(frozen=True)
class Papers:
    """Who signs, and what was signed: `stranger` is an authority that nobody trusts."""

    authority: Authority
    stranger: Authority
    server: Pair
    ended: Pair
    client: Pair
    ended_client: Pair


def papers(folder: Path) -> Papers:
    """Make them all in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ours, other = Authority(folder, "authority"), Authority(folder, "stranger")
    return Papers(
        ours,
        other,
        server=ours.issue("server"),
        ended=ours.issue("ended", ended=True),
        client=ours.issue("client"),
        ended_client=ours.issue("ended-client", ended=True),
    )


def guarded_kafka(folder: Path, made: Papers) -> tuple[KafkaServer, dict[str, str]]:
    """A broker, not started, and the address of each of its listeners by name.

    Its own PLAINTEXT listener stays for the tools of the tests; clients under test use the others.
    """
    plain = choose_port()
    ports = {name: choose_port() for name in PROTOCOLS}
    server = KafkaServer(folder, plain)
    server.scram = {USER: PASSWORD}
    server.settings |= _listeners(plain, ports) | _logins()
    for name in ("LOGIN", "MUTUAL", "ENDED"):
        server.settings |= _tls(name.lower(), made.ended if name == "ENDED" else made.server)
    server.settings |= {
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.mutual.ssl.truststore.type": "PEM",
        "listener.name.mutual.ssl.truststore.location": str(made.authority.file),
    }
    return server, {name: f"127.0.0.1:{port}" for name, port in ports.items()} | {
        "PLAIN": f"127.0.0.1:{plain}"
    }


def _listeners(plain: int, ports: dict[str, int]) -> dict[str, str]:
    ours = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    protocols = ",".join(f"{name}:{protocol}" for name, protocol in PROTOCOLS.items())
    controller = choose_port()
    return {
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},{ours}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},{ours}",
        "listener.security.protocol.map": f"PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}",
    }


def _logins() -> dict[str, str]:
    module = "org.apache.kafka.common.security"
    plain = f'{module}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
    found = {"sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN"}
    for name in ("login", "ended", "clear"):
        own = f"listener.name.{name}"
        found[f"{own}.scram-sha-512.sasl.jaas.config"] = f"{module}.scram.ScramLoginModule required;"
        found[f"{own}.plain.sasl.jaas.config"] = plain
    return found


def _tls(listener: str, pair: Pair) -> dict[str, str]:
    own = f"listener.name.{listener}.ssl.keystore"
    return {f"{own}.type": "PEM", f"{own}.location": str(pair.both)}


def guarded_postgres(folder: Path, made: Papers, *, ended: bool = False) -> PostgresServer:
    """A server, not started, that takes TLS alone; the role `certified` needs a certificate as well."""
    server = PostgresServer(folder, fsync=False, with_tls=True)
    pair = made.ended if ended else made.server
    server.settings |= {
        "ssl": "on",
        "ssl_cert_file": str(pair.certificate),
        "ssl_key_file": str(pair.key),
        "ssl_ca_file": str(made.authority.file),
    }
    server.access = [
        "hostssl all certified 127.0.0.1/32 scram-sha-256 clientcert=verify-ca",
        "hostssl all all 127.0.0.1/32 scram-sha-256",
    ]
    return server

"""The same two servers from images, for machines where a Docker engine has them."""

import os
import warnings
from pathlib import Path
from typing import Any

import psycopg

from baton_dev.errors import StackError
from baton_dev.kafka import count_brokers
from baton_dev.ports import choose_port
from baton_dev.waiting import wait_until

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.4.0"

_POSTGRES_SETTINGS = {
    "POSTGRES_HOST_AUTH_METHOD": "trust",
    "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C.UTF-8",
}
_POSTGRES_COMMAND = "postgres -c max_connections=200 -c fsync=off"
"""As the embedded one for tests: a killed container's data goes with it."""
_KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}


def images_present() -> bool:
    """Tell whether a Docker engine answers and holds both images, so that nothing would be pulled."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).exists():
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import docker
        from docker.errors import DockerException

        try:
            client = docker.from_env(timeout=5)
        except DockerException:
            return False
        try:
            for image in (POSTGRES_IMAGE, KAFKA_IMAGE):
                client.images.get(image)
        except (DockerException, OSError):
            return False
        finally:
            client.close()
    return True


class ContainerServers:
    """PostgreSQL and Kafka in two containers, each published on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.postgres_dsn = ""
        self.kafka_bootstrap = ""
        self._running: list[Any] = []  # testcontainers ships no types

    def start(self) -> None:
        """Start both and return once they serve clients; StackError when the engine refuses."""
        os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
        os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
        postgres_port, kafka_port = choose_port(), choose_port()
        self.postgres_dsn = f"postgresql://postgres@127.0.0.1:{postgres_port}/postgres"
        self.kafka_bootstrap = f"127.0.0.1:{kafka_port}"
        listeners = f"PLAINTEXT://0.0.0.0:{kafka_port},CONTROLLER://localhost:9093"
        advertised = {
            "KAFKA_LISTENERS": listeners,
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{self.kafka_bootstrap}",
        }
        try:
            self._run(POSTGRES_IMAGE, 5432, postgres_port, _POSTGRES_SETTINGS, _POSTGRES_COMMAND)
            self._run(KAFKA_IMAGE, kafka_port, kafka_port, _KAFKA_SETTINGS | advertised)
            wait_until(self._postgres_answers, 60, f"PostgreSQL in {POSTGRES_IMAGE}")
            wait_until(lambda: _kafka_answers(kafka_port), 90, f"Kafka in {KAFKA_IMAGE}")
        except Exception as error:
            self.stop()
            raise StackError(
                f"the containers {POSTGRES_IMAGE} and {KAFKA_IMAGE} did not start: {error}. "
                "Start the Docker engine and pull both images, "
                "or set BATON_TEST_STACK=embedded, which needs no engine."
            ) from error

    def stop(self) -> None:
        """Remove both containers and their data."""
        for container in reversed(self._running):
            container.stop()
        self._running.clear()

    def _run(
        self, image: str, inside: int, outside: int, environment: dict[str, str], command: str | None = None
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from testcontainers.core.container import DockerContainer

            container = DockerContainer(image)
            ports: dict[str, Any] = container.ports  # with_bind_ports would open it on every address
            ports[str(inside)] = ("127.0.0.1", outside)
            for name, value in environment.items():
                container = container.with_env(name, value)
            if command is not None:
                container = container.with_command(command)
            self._running.append(container.start())

    def _postgres_answers(self) -> bool:
        try:
            with psycopg.connect(self.postgres_dsn, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _kafka_answers(port: int) -> bool:
    try:
        return count_brokers(port) > 0
    except OSError:
        return False

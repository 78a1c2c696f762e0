"""One real Apache Kafka node as a process.

One node with its log on one disk survives `kill -9`, since what it acknowledged is in the system's page
cache; it does not survive a power cut: Kafka relies on replicas on other machines for that.
"""

import hashlib
import os
import secrets
import signal
import socket
import struct
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from baton_dev.errors import PartFailedError
from baton_dev.files import cache_dir, last_lines, require_space
from baton_dev.java import Java, find_java
from baton_dev.kafka_jars import class_path
from baton_dev.launch import Process, death_signal, kill_tree, launch, let_go, run_once, stop
from baton_dev.ports import remembered_ports, require_free

START_DEADLINE = 90.0
STOP_DEADLINE = 30.0

# A broker killed and started again is refused until its old session (9 s by default) has run out.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
"""

_LOGGING = """\
status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %-5p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
logger.utils.name=org.apache.kafka.common.utils.AppInfoParser
logger.utils.level=error
"""

# Metadata request, version 1, about no topic: its answer lists the brokers that the controller let in.
_ASK_BROKERS = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)


def count_brokers(port: int) -> int:
    """Return how many brokers the node on `port` reports; OSError while it does not answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(_ASK_BROKERS)
        answer = b""
        while len(answer) < 12:
            piece = connection.recv(12 - len(answer))
            if not piece:
                raise ConnectionResetError("closed before an answer")
            answer += piece
    _, _, count = struct.unpack(">iii", answer)
    return int(count)


class KafkaServer:
    """A broker whose data and ports live in `data_dir`; started again there it goes on with both.

    `port` chooses the port for clients, else a free one is taken the first time and kept. `settings` are
    lines of server.properties beside ours, as they stand at the next start; `scram` are users and passwords
    of SCRAM-SHA-512, made with the folder; `levels` what loggers tell beside warnings, by name.
    `outlives_parent` leaves the broker running when the process that started it ends.
    """

    def __init__(self, data_dir: Path, port: int | None = None, *, outlives_parent: bool = False) -> None:
        self.data_dir = data_dir
        self.log_path = data_dir / "kafka.log"
        self.settings: dict[str, str] = {}
        self.scram: dict[str, str] = {}
        self.levels: dict[str, str] = {}
        self._wanted = port
        self._outlives_parent = outlives_parent
        self._ports: dict[str, int] = {}
        self._process: Process | None = None
        self._training: tuple[Path, Path] | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients, `127.0.0.1:PORT`; known once started."""
        return f"127.0.0.1:{self._ports['broker']}"

    @property
    def pid(self) -> int:
        """Process id of the running broker."""
        if self._process is None:
            raise PartFailedError("Kafka is not running: call start() first")
        return self._process.pid

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, deadline: float = START_DEADLINE) -> None:
        """Start and return once the broker serves clients, at the latest after `deadline` seconds.

        Raises NoJavaError, JarsUnavailableError, DiskFullError, PortTakenError, PartFailedError.
        """
        if self.is_alive():
            return
        java, jars = find_java(), class_path()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        require_space(self.data_dir, 512, "Kafka")
        self._configure()
        if not (self.data_dir / "logs" / "meta.properties").exists():
            self._format(java, jars)
        archive = self._archive_options(java, jars)
        config = self.data_dir / "server.properties"
        argv = [*self._java(java, jars, archive, heap="256m"), "kafka.Kafka", str(config)]
        before = [] if self._outlives_parent else death_signal("KILL")
        self._process = launch([*before, *argv], log=self.log_path)
        self._await_ready(self._process, time.monotonic() + deadline)

    def stop(self) -> None:
        """Shut down in order: what was acknowledged is flushed and the next start needs no recovery."""
        if self._process is None:
            return
        stop(self._process, signal.SIGTERM, STOP_DEADLINE)
        self._process = None
        if self._training and self._training[0].exists():
            self._training[0].replace(self._training[1])
        self._training = None

    def let_go(self) -> None:
        """Leave the broker running when this process ends; needs `outlives_parent`."""
        if self._process is not None:
            let_go(self._process)
        self._process = None

    def kill(self) -> None:
        """SIGKILL, as when the machine's memory killer strikes."""
        if self._process is not None:
            kill_tree(self._process)
        self._process = None

    def _configure(self) -> None:
        path = self.data_dir / "ports.json"
        self._ports = remembered_ports(path, {"broker": self._wanted, "controller": None})
        for port in self._ports.values():
            require_free(
                port, "Kafka", f"Stop that process, or delete {path} so that another port is chosen."
            )
        properties = _PROPERTIES.format(logs=self.data_dir.resolve() / "logs", **self._ports)
        more = "".join(f"{name}={value}\n" for name, value in self.settings.items())
        (self.data_dir / "server.properties").write_text(properties + more)
        told = "".join(
            f"logger.more{number}.name={name}\nlogger.more{number}.level={level}\n"
            for number, (name, level) in enumerate(self.levels.items())
        )
        (self.data_dir / "log4j2.properties").write_text(_LOGGING + told)

    def _format(self, java: Java, jars: list[str]) -> None:
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        tool = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            str(self.data_dir / "server.properties"),
        ]
        for user, password in self.scram.items():
            tool += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        run_once(
            [*self._java(java, jars, [], heap="64m"), *tool],
            what="Formatting Kafka's folder",
            log=self.log_path,
        )

    def _java(self, java: Java, jars: list[str], options: list[str], heap: str) -> list[str]:
        quiet = ["--sun-misc-unsafe-memory-access=allow"] if java.version >= 24 else []
        return [
            str(java.path),
            f"-Xmx{heap}",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            *quiet,
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            *options,
            f"-Dlog4j2.configurationFile={self.data_dir / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(jars),
        ]

    def _archive_options(self, java: Java, jars: list[str]) -> list[str]:
        """Use the archive of loaded classes, which halves start-up; the first orderly stop writes it."""
        key = hashlib.sha256("\n".join([java.build, *jars]).encode()).hexdigest()[:12]
        folder = cache_dir() / "kafka"
        archive = folder / f"classes-{key}.{'aot' if java.version >= 25 else 'jsa'}"
        use, make = (
            ("AOTCache", "AOTCacheOutput")
            if java.version >= 25
            else ("SharedArchiveFile", "ArchiveClassesAtExit")
        )
        self._training = None
        if archive.exists():
            return [f"-XX:{use}={archive}"]
        if java.version < 25 and not java.has_class_archive():
            return []
        draft = folder / f"draft-{os.getpid()}-{secrets.token_hex(4)}{archive.suffix}"
        self._training = (draft, archive)
        return [f"-XX:{make}={draft}"]

    def _await_ready(self, process: Process, until: float) -> None:
        while True:
            if process.poll() is not None:
                why = f"ended with exit {process.returncode}"
                break
            try:
                if count_brokers(self._ports["broker"]) > 0:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                why = "did not serve clients in time"
                break
            time.sleep(0.05)
        self.kill()
        raise PartFailedError(f"Kafka {why}. The end of {self.log_path}:\n{last_lines(self.log_path)}")

"""Services as processes: awaited, named when they crash, and gone when their owner is gone."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from baton_dev.errors import PartFailedError
from baton_dev.ports import choose_port
from baton_dev.process import ManagedProcess
from baton_dev.waiting import wait_until

_SERVICE = """
import http.server, signal, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
    def log_message(self, *_): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
_DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""
_CRASH = "import sys\nprint('reading settings')\nsys.exit('no such broker: nowhere:9092')"


def _process(tmp_path: Path, code: str) -> ManagedProcess:
    port = choose_port()
    argv = [sys.executable, "-c", code, str(port)]
    url = f"http://127.0.0.1:{port}"
    return ManagedProcess("sorter", argv, env=os.environ, log_path=tmp_path / "sorter.log", base_url=url)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ManagedProcess]:
    process = _process(tmp_path, _SERVICE)
    process.start()
    yield process
    process.kill()


def test_a_service_is_awaited_until_it_is_ready_and_stops_when_told(service: ManagedProcess) -> None:
    service.await_answer(deadline=30)
    assert httpx.get(f"{service.base_url}/readyz", trust_env=False).status_code == 200
    service.stop()
    assert not service.is_alive()


def test_a_service_that_never_gets_ready_is_named_with_its_last_answer(service: ManagedProcess) -> None:
    service.await_answer(deadline=30)
    with pytest.raises(
        PartFailedError, match=r"sorter \(.*/other\) was not ready within .* last answer: 503"
    ):
        service.await_answer("/other", deadline=0.2)


def test_a_crashed_service_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = _process(tmp_path, _CRASH)
    process.start()
    with pytest.raises(
        PartFailedError, match=r"sorter ended with exit 1\.\nThe end of .*\n.*\n?no such broker"
    ):
        process.await_answer(deadline=30)


def test_a_service_killed_from_outside_is_named_with_the_signal(service: ManagedProcess) -> None:
    service.await_answer(deadline=30)
    os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: not service.is_alive(), 10, "the end of the killed service")
    with pytest.raises(PartFailedError, match="sorter was ended by SIGKILL"):
        service.require_alive()


def test_a_service_deaf_to_sigterm_is_killed_after_the_deadline(tmp_path: Path) -> None:
    process = _process(tmp_path, _DEAF)
    process.start()
    wait_until(lambda: "deaf" in process.log_path.read_text(), 30, "the deaf service")
    process.stop(deadline=0.2)
    assert not process.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent ended")
def test_everything_ends_with_its_owner_even_when_that_is_killed(tmp_path: Path) -> None:
    owner = textwrap.dedent("""
        import os, signal, sys, threading
        from pathlib import Path
        from baton_dev.kafka import KafkaServer
        from baton_dev.postgres import PostgresServer
        from baton_dev.process import ManagedProcess
        home = Path(sys.argv[1])
        kafka, postgres = KafkaServer(home / "kafka"), PostgresServer(home / "postgres", fsync=False)
        service = ManagedProcess("sleeper", [sys.executable, "-c", "import signal; signal.pause()"],
                                 env=os.environ, log_path=home / "sleeper.log", base_url="http://127.0.0.1:1")
        starters = [threading.Thread(target=part.start) for part in (kafka, postgres, service)]
        [thread.start() for thread in starters]
        [thread.join() for thread in starters]
        print(kafka.pid, postgres.pid, service.pid, flush=True)
        signal.pause()
    """)
    command = [sys.executable, "-c", owner, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        parts = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        assert len(parts) == 3
        process.kill()
    _, left = psutil.wait_procs(parts, timeout=20)
    assert left == []

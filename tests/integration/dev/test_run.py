"""`make run` as a visitor meets it: samples reach reps, a crash is named, data is kept, a stop is clean."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from baton_dev.waiting import wait_until

_REPOSITORY = Path(__file__).resolve().parents[3]


class Showing:
    """A running `make run`, its output in a file."""

    def __init__(self, home: Path, process: subprocess.Popen[bytes], output: Path) -> None:
        self.home = home
        self.process = process
        self._output = output

    @property
    def text(self) -> str:
        return self._output.read_text()

    def await_text(self, wanted: str, seconds: float = 90) -> None:
        def seen() -> bool:
            assert self.process.poll() is None or wanted in self.text, self.text
            return wanted in self.text

        wait_until(seen, seconds, f"{wanted!r} in the output of make run")

    def at(self) -> dict[str, str]:
        content: dict[str, str] = json.loads((self.home / "stack.json").read_text())
        return content


@contextmanager
def _showing(home: Path, output: Path) -> Iterator[Showing]:
    command = [sys.executable, "-m", "baton_dev.run", "--home", str(home)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_TEST_")}
    with output.open("wb") as out:
        process = subprocess.Popen(command, cwd=_REPOSITORY, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield Showing(home, process, output)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                process.kill()
                process.wait()


@pytest.mark.stack
def test_samples_reach_reps_and_a_second_run_continues_with_the_same_data(tmp_path: Path) -> None:
    home = tmp_path / "baton"
    with _showing(home, tmp_path / "first.txt") as first:
        for expected in ("first lead with a rep", "BREACH accept", "warning 50%", "duplicate", "honeypot"):
            first.await_text(expected)
        first.await_text("refused")
        assert stat.S_IMODE((home / "stack.json").stat().st_mode) == 0o600
        at = first.at()
        family = psutil.Process(first.process.pid).children(recursive=True)
    assert "stopped. The data stays" in first.text
    assert first.process.returncode == 0
    assert [part for part in family if part.is_running()] == []
    assert not (home / "stack.json").exists()
    with _showing(home, tmp_path / "second.txt") as second:
        second.await_text("came in the run before")
        second.await_text("first lead with a rep")
        assert second.at()["intake"] == at["intake"]
        headers = {"Authorization": f"Bearer {second.at()['operator_token']}"}
        leads = httpx.get(f"{second.at()['scoring']}/v1/leads", headers=headers, trust_env=False).json()[
            "leads"
        ]
        assert len(leads) > 10


@pytest.mark.stack
def test_a_crashed_service_is_named_and_everything_else_stops(tmp_path: Path) -> None:
    with _showing(tmp_path / "baton", tmp_path / "out.txt") as showing:
        showing.await_text("first lead with a rep")
        [router] = [
            part
            for part in psutil.Process(showing.process.pid).children(recursive=True)
            if part.cmdline()[-2:] == ["-m", "router"]
        ]
        router.kill()
        showing.await_text("stopped. The data stays")
        showing.process.wait(30)
    assert showing.process.returncode == 1
    assert "router was ended by SIGKILL" in showing.text
    assert "router.log" in showing.text


@pytest.mark.stack
def test_a_second_stack_on_the_same_folder_is_refused_plainly(tmp_path: Path) -> None:
    with _showing(tmp_path / "baton", tmp_path / "first.txt") as first:
        first.await_text("Apache Kafka")
        with _showing(tmp_path / "baton", tmp_path / "second.txt") as second:
            second.process.wait(30)
            assert second.process.returncode == 1
            assert "a stack already runs on" in second.text
        assert first.process.poll() is None

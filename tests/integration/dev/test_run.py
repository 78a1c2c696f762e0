"""`make run` as a visitor meets it: samples reach reps, a crash is named, data is kept, a stop is clean.

Two runs for all of it, in this order: each takes its while to start.
"""

import html
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from baton_dev.clean import main as clean
from baton_dev.demo import read_rulebook
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

    def at(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.home / "stack.json").read_text())
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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the data: the second run goes on with the first one's."""
    return tmp_path_factory.mktemp("visit") / "baton"


def _family(showing: Showing) -> list[psutil.Process]:
    return psutil.Process(showing.process.pid).children(recursive=True)


def _read_a_letter(showing: Showing) -> None:
    """As a visitor does who follows what is printed: the letter, and the page that accepts the lead."""
    showing.await_text("a page that asks once more")
    said = next(line for line in showing.text.splitlines() if "a page that asks once more" in line)
    letter = said.partition("read it at ")[2].split()[0]
    link = said.partition("answers at ")[2].partition(",")[0]
    assert html.unescape(httpx.get(letter, trust_env=False).text).count(link) == 1
    assert httpx.get(link, trust_env=False).status_code in (200, 409)  # 409: its round is over meanwhile
    assert any((showing.home / "mail").glob("*.eml"))


@pytest.mark.stack
def test_samples_reach_reps_and_the_folder_is_theirs_until_the_stop(home: Path, tmp_path: Path) -> None:
    with _showing(home, tmp_path / "first.txt") as first:
        first.await_text("first lead with a rep")
        at = first.at()
        assert set(at["reps"]) == set(read_rulebook(_REPOSITORY / "rulebook")["roster"]["reps"])
        assert stat.S_IMODE((home / "stack.json").stat().st_mode) == 0o600
        with _showing(home, tmp_path / "beside.txt") as beside:
            beside.process.wait(30)
        assert (beside.process.returncode, beside.text.count("\n")) == (1, 1)
        assert beside.text.startswith("a stack already runs on")
        assert clean(["--home", str(home)]) == 1
        assert first.at() == at
        for expected in ("refused", "warning 50%", "duplicate", "honeypot", "BREACH accept"):
            first.await_text(expected)
        _read_a_letter(first)
        family = _family(first)
    assert "stopped. The data stays" in first.text
    assert first.process.returncode == 0
    assert [part for part in family if part.is_running()] == []
    assert not (home / "stack.json").exists()


@pytest.mark.stack
def test_a_second_run_continues_and_a_killed_kafka_is_named_in_words(home: Path, tmp_path: Path) -> None:
    with _showing(home, tmp_path / "second.txt") as second:
        second.await_text("came in the run before")
        at = second.at()
        headers = {"Authorization": f"Bearer {at['operator_token']}"}
        leads = httpx.get(f"{at['scoring']}/v1/leads", headers=headers, trust_env=False).json()["leads"]
        [kafka] = [part for part in _family(second) if "kafka.Kafka" in part.cmdline()]
        kafka.kill()
        second.await_text("run again, and it goes on where it was")
        second.process.wait(30)
    assert "rulebook version 1 in force, unchanged" in second.text
    assert len(leads) > 10
    assert second.process.returncode == 1
    assert "Kafka has ended. The end of" in second.text
    assert "Traceback" not in second.text
    assert "Failed fetch" not in second.text

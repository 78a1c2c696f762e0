"""A port that was chosen is nobody else's, also while the server that had it is down."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baton_dev import ports
from baton_dev.errors import PortTakenError

TWO = range(ports._CHOICES.start, ports._CHOICES.start + 2)
ANOTHER_PROCESS = f"""
from baton_dev import ports
ports._CHOICES = range({TWO.start}, {TWO.stop})
print(ports.choose_port(), flush=True)
input()
"""


@pytest.fixture(autouse=True)
def _two_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There are two ports in all, which nobody has chosen yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(ports, "_CHOICES", TWO)
    monkeypatch.setattr(ports, "_claimed", set())
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    claims = ports._claims.__wrapped__()
    monkeypatch.setattr(ports, "_claims", lambda: claims)
    yield
    os.close(claims)


@contextmanager
def _another_process() -> Iterator[int]:
    """The port that it chose and does not listen on."""
    words = [sys.executable, "-c", ANOTHER_PROCESS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate("\n")


def test_nobody_is_given_a_port_that_another_process_chose() -> None:
    with _another_process() as theirs:
        mine = ports.choose_port()
        assert {theirs, mine} == set(TWO)
        with pytest.raises(PortTakenError):
            ports.choose_port()
    assert ports.choose_port() == theirs, "its ports are free again once it has ended"


def test_ports_remembered_from_an_earlier_run_are_chosen_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text(f'{{"broker": {TWO.start}}}')
    assert ports.remembered_ports(file, {"broker": None}) == {"broker": TWO.start}
    assert ports.choose_port() == TWO.start + 1

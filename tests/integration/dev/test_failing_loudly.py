"""Where the servers cannot start, the run fails and says why: it never skips."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_TEST = "def test_anything(kafka_bootstrap: str) -> None:\n    assert kafka_bootstrap\n"
_CONFTEST = 'pytest_plugins = ["baton_dev.pytest_plugin"]\n'


def _run(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_anything.py").write_text(_TEST)
    env = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(
        command, env=env | environ, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(
    ("environ", "code", "message"),
    [
        (
            {"BATON_TEST_STACK": "embedded", "BATON_JAVA": "/nowhere/java"},
            3,
            "the tests' Kafka and PostgreSQL did not start: Kafka needs Java 17 or newer",
        ),
        (
            {"BATON_TEST_STACK": "containers", "DOCKER_HOST": "unix:///nowhere/docker.sock"},
            3,
            "set BATON_TEST_STACK=embedded, which needs no engine",
        ),
        ({"BATON_TEST_STACK": "nonsense"}, 4, "write one of env, containers, embedded"),
    ],
    ids=["no Java", "no Docker engine", "a setting that means nothing"],
)
def test_a_run_without_its_servers_fails(
    environ: dict[str, str], code: int, message: str, tmp_path: Path
) -> None:
    done = _run(tmp_path, **environ)
    assert done.returncode == code
    assert message in done.stdout + done.stderr


def test_the_head_of_the_report_says_which_servers_are_used(tmp_path: Path) -> None:
    done = _run(tmp_path, BATON_TEST_STACK="embedded")
    assert done.returncode == 0
    assert "baton stack: embedded: Apache Kafka and PostgreSQL as processes" in done.stdout

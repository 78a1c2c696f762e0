"""What is shown of a log, who may read a file, and what `make clean` leaves alone."""

import stat
from pathlib import Path

import pytest

from baton_dev.clean import main as clean
from baton_dev.files import LOCK, hold, last_messages, write_private


def test_a_services_log_is_shown_as_messages(tmp_path: Path) -> None:
    log = tmp_path / "router.log"
    log.write_text(
        '{"event":"started","level":"info","time":"2026-03-02T09:00:01.5Z","service":"router"}\n'
        '{"event":"batch failed","level":"error","time":"2026-03-02T09:00:02Z",'
        '"exception":"Traceback:\\n  line\\nOSError: no route"}\n'
        "Segmentation fault\n[1]\n"
    )
    assert last_messages(log).splitlines() == [
        "  09:00:01 info  started",
        "  09:00:02 error  batch failed: OSError: no route",
        "Segmentation fault",
        "[1]",
    ]


def test_a_private_file_is_for_its_owner_also_when_it_was_not(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)


def test_clean_forgets_nothing_while_a_stack_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    lock = hold(tmp_path / LOCK)
    assert lock is not None
    with lock:
        assert clean(["--home", str(tmp_path)]) == 1
    assert "stop it first (Ctrl-C in its terminal). Nothing was deleted." in capsys.readouterr().out
    assert (tmp_path / "secrets.json").exists()


def test_clean_forgets_data_but_not_where_kept_test_servers_are(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "runs").write_text("3")
    (tmp_path / "test-stack.json").write_text("{}")
    assert clean(["--home", str(tmp_path)]) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["test-stack.json"]
    assert clean(["--home", str(tmp_path / "nowhere")]) == 0

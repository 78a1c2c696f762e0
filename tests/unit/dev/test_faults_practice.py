"""What who practises reads: each letter with its own alerts, and at the end what it was."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from baton_dev.faults.__main__ import main
from baton_dev.faults.draws import NOT_AGAIN, draw
from baton_dev.faults.instances import forget_clock
from baton_dev.faults.practice import answer, told
from baton_dev.faults.table import FAULTS
from baton_dev.letters import Letter


def letter(subject: str) -> Letter:
    return Letter(1, "operations@example.com", subject, "Mon, 30 Nov 2026 05:00:00 +0000", "", "")


def alert(name: str, said: str, state: str = "active", **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": f"{name} is there.", "description": said},
        "status": {"state": state},
    }


REFUSED = [
    alert("BatonRulebookRefused", f"{job} refused a version.", job=job)
    for job in ("intake", "router", "sla-monitor")
]


@pytest.mark.parametrize(
    ("subject", "alerts", "said", "why"),
    [
        (
            "[FIRING:1] BatonRulebookRefused sla-monitor (operations ticket)",
            REFUSED,
            ["sla-monitor refused a version."],
            "a letter a job has that job's alert alone",
        ),
        (
            "[FIRING:3] BatonRulebookRefused (page operations)",
            REFUSED,
            [f"{job} refused a version." for job in ("intake", "router", "sla-monitor")],
            "one letter of them all has all",
        ),
        (
            "[FIRING:1] BatonDeadLetters (scoring page operations)",
            [alert("BatonDeadLetters", "New dead letters.", consumer="scoring")],
            ["New dead letters."],
            "what is of no job is told though a consumer is called as one",
        ),
        (
            "[RESOLVED] BatonRulebookRefused intake (operations ticket)",
            REFUSED[1:],
            [],
            "of what is over nothing is said of others that are not",
        ),
        (
            "[FIRING:1] BatonNotReady (page)",
            [alert("BatonNotReady", "It is not ready.", state="suppressed", job="router")],
            [],
            "what is held back was not told",
        ),
    ],
)
def test_a_letter_has_the_lines_of_its_own_alerts(
    subject: str, alerts: list[dict[str, Any]], said: list[str], why: str
) -> None:
    lines = told(letter(subject), alerts).splitlines()
    assert [line.strip() for line in lines if line.endswith(("version.", "letters.", "ready."))] == said, why
    assert lines[-1].startswith("    docs/operations/runbooks/Baton")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_at_the_end_the_fault_and_its_cause_are_named(fault: Any) -> None:
    assert f"It was {fault.name}: {fault.happens}." in answer(fault)


def test_none_of_the_last_draws_comes_again(tmp_path: Path) -> None:
    remembered = tmp_path / "new" / "drawn.json"
    chance = random.Random(7)
    names = [draw(FAULTS, remembered, chance.choice).name for _ in range(60)]
    for at, name in enumerate(names):
        assert name not in names[max(0, at - NOT_AGAIN) : at]
    assert set(names) == {fault.name for fault in FAULTS}


@pytest.mark.parametrize("text", ["", "no json", "{}", json.dumps(["gone"])])
def test_a_memory_that_cannot_be_read_is_begun_anew(tmp_path: Path, text: str) -> None:
    remembered = tmp_path / "drawn.json"
    remembered.write_text(text)
    name = draw(FAULTS, remembered, random.Random(7).choice).name
    assert json.loads(remembered.read_text())[-1] == name


def test_a_wrong_clock_takes_its_own_traces_along_and_no_others(tmp_path: Path) -> None:
    names = [f"{what}_{pid}" for pid in (41, 411) for what in ("faketime_shm", "sem.faketime_sem")]
    for name in names:
        (tmp_path / name).touch()
    forget_clock(41, tmp_path)
    forget_clock(42, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faketime_shm_411", "sem.faketime_sem_411"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--random", "full-spool"], "--random chooses one itself"),
        (["--random", "--stay"], "--random chooses one itself"),
        (["--stay"], "--stay plants one fault: name it"),
        (["full-spol"], "there is no fault full-spol; write one of stalled-consumer, full-spool"),
        (["--speed", "0.5"], "write 1 for the rules as they are"),
    ],
)
def test_words_that_make_no_drill_are_refused_before_anything_starts(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert (ended.value.code, told in capsys.readouterr().err) == (2, True)

"""What the development package lays down for every test of the repository."""

import ast
from pathlib import Path

from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parents[2]


def test_a_busy_machine_fails_no_property() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_no_test_sets_itself_a_deadline() -> None:
    set_here = [
        f"{file.relative_to(TESTS)}:{call.lineno}"
        for file in sorted(TESTS.rglob("test_*.py"))
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "settings"
        for word in call.keywords
        if word.arg == "deadline" and ast.unparse(word.value) != "None"
    ]
    assert set_here == []

"""Passwords and tokens of a composition: made once, given ones win, each program has only its own."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "deploy" / "compose" / "make_secrets.py"
PROGRAMS = (
    "all",
    "postgres",
    "database",
    "intake",
    "scoring",
    "router",
    "sla-monitor",
    "operator",
    "grafana",
)


@pytest.fixture
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_secrets", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path, made: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of the programs, all of this test's own user."""
    for name in ("BATON", "POSTGRES", "GRAFANA"):
        monkeypatch.setattr(made, name, made.os.geteuid())
    for program in PROGRAMS:
        (tmp_path / program).mkdir()
    return tmp_path


def test_two_installations_share_no_secret(made: ModuleType) -> None:
    first, second = made.decide({}, {}), made.decide({}, {})
    assert not set(first.values()) & set(second.values())
    assert all(len(value) >= 32 for value in first.values())


def test_a_second_start_keeps_what_the_first_made(made: ModuleType, root: Path) -> None:
    made.write(root, {})
    before = {path: path.read_text() for path in root.glob("*/*")}
    made.write(root, {})
    assert {path: path.read_text() for path in root.glob("*/*")} == before


def test_a_given_value_takes_the_place_of_the_made_one_and_stays(made: ModuleType, root: Path) -> None:
    made.write(root, {})
    made.write(root, {"BATON_OPERATOR_TOKEN": "given-by-the-operator"})
    made.write(root, {"BATON_OPERATOR_TOKEN": ""})
    programs = ("intake", "scoring", "router", "sla-monitor", "operator")
    tokens = {(root / program / "BATON_OPERATOR_TOKEN").read_text() for program in programs}
    assert tokens == {"given-by-the-operator"}


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("BATON_OPERATOR_TOKEN", "secret", "has 6 characters: write 16 or more"),
        ("BATON_LINK_SECRET", "x" * 20, "has 20 characters: write 32 or more"),
        ("ROUTER_PASSWORD", "p@ss:word/with-signs", "write only letters, digits"),
    ],
    ids=["a word is no token", "links need a longer key", "a password stands in an address"],
)
def test_a_value_that_cannot_serve_is_refused(made: ModuleType, name: str, value: str, what: str) -> None:
    with pytest.raises(made.GivenWrongError, match=what):
        made.decide({}, {name: value})


def test_a_program_gets_its_own_and_its_user_alone_reads_them(made: ModuleType, root: Path) -> None:
    made.write(root, {})
    shared = {program: {path.name for path in (root / program).iterdir()} for program in PROGRAMS}
    assert shared["intake"] == {"BATON_OPERATOR_TOKEN", "BATON_FORM_TOKEN_SECRET"}
    assert shared["grafana"] == {"GRAFANA_PASSWORD"}
    assert {path.stat().st_mode & 0o777 for path in root.glob("*/*")} == {0o400}
    assert "baton_sla_monitor:" in (root / "sla-monitor" / "BATON_DSN").read_text()

"""`baton --help` is fast because it imports nothing; a broken command is named and spares the others."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from baton_cli import app as frame
from baton_cli.catalogue import Section, offers, summary
from baton_cli.commands import command_group

EXPECTED = {
    Section.EVERYDAY: {
        "explain",
        "form",
        "held",
        "import",
        "leads",
        "rep",
        "sla",
        "status",
        "timers",
        "why",
        "why-late",
        "worktime",
    },
    Section.RULEBOOK: {"agreement", "check", "init", "rulebook", "scorecard"},
    Section.OPERATE: {"dlq", "quarantine", "replay", "rescore", "rescorings", "submission", "version"},
}
HEAVY = {
    "httpx",
    "rich",
    "pydantic",
    "asyncpg",
    "aiokafka",
    "fastapi",
    "cel_expr_python",
    "prometheus_client",
}
OURS = {"intake", "scoring", "router", "sla_monitor", "rulebook", "worktime", "lead_events", "service_kit"}
IMPORTED = """
import json, sys
from baton_cli.app import main
sys.argv = ["baton", "--help"]
try:
    main()
except SystemExit as done:
    print(json.dumps([done.code, sorted(sys.modules)]), file=sys.stderr)
"""


def broken(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "baton.commands")


def test_help_imports_no_service_and_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr)
    top = {name.partition(".")[0] for name in modules}
    assert code == 0
    assert not top & (HEAVY | OURS)
    assert "leads" in done.stdout


def test_every_command_is_on_offer_in_its_section_with_a_line_about_it() -> None:
    found = offers()
    for section, names in EXPECTED.items():
        assert names <= {offer.name for offer in found.values() if offer.section is section}
    assert all(summary(offer).text and not summary(offer).is_broken for offer in found.values())


@pytest.mark.parametrize("name", sorted(name for names in EXPECTED.values() for name in names))
def test_every_command_loads_and_explains_itself(name: str) -> None:
    done = CliRunner().invoke(frame.app, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert f"baton {name}" in done.output or f"{name} [OPTIONS]" in done.output


def leaf_commands() -> list[list[str]]:
    groups = {
        "dlq": ["list", "show", "replay", "resume"],
        "form": ["list", "send-test"],
        "quarantine": ["list", "release", "refuse"],
        "replay": ["submissions"],
        "rep": [
            *(
                "list",
                "show",
                "changes",
                "add",
                "set",
                "hours",
                "weight",
                "capacity",
                "feeds",
                "notify",
                "team",
            ),
            *("away", "back", "left", "unattended", "token", "calendar-token", "assignments"),
        ],
        "rulebook": ["diff", "publish", "rollback", "list", "show"],
        "agreement": ["plan", "show"],
        "scorecard": ["compare", "promote", "promotions", "shadow"],
        "worktime": ["due", "elapsed", "next-open"],
    }
    names = sorted(name for each in EXPECTED.values() for name in each)
    return [
        [name, *rest]
        for name in names
        for rest in ([[leaf] for leaf in groups[name]] if name in groups else [[]])
    ]


@pytest.mark.parametrize("words", leaf_commands(), ids=" ".join)
def test_every_command_has_json(words: list[str]) -> None:
    done = CliRunner().invoke(frame.app, [*words, "--help"])
    assert done.exit_code == 0
    assert "--json" in done.output


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no_such_package.cli:x", "no package no_such_package"),
        ("baton_cli.no_such_module:x", "no module baton_cli.no_such_module"),
        ("baton_cli.version:no_such_function", "no no_such_function in baton_cli.version"),
    ],
)
def test_a_broken_command_is_named_in_the_help_and_the_rest_listed(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [broken("everyday.wrong", value), broken("operate.version", "baton_cli.version:version")]
    monkeypatch.setattr(frame, "offers", lambda: offers(entries))
    done = CliRunner().invoke(frame.app, ["--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert f"cannot be loaded: {said}" in done.output
    assert "Versions of Baton's packages" in done.output


def test_source_that_does_not_parse_is_a_broken_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "torn_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text("def x(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    (offer,) = offers([broken("operate.x", "torn_package.cli:x")]).values()
    assert summary(offer).is_broken


def test_calling_a_broken_command_names_it_and_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        broken("everyday.wrong", "no_such_package.cli:x"),
        broken("operate.version", "baton_cli.version:version"),
    ]
    monkeypatch.setattr(frame, "offers", lambda: offers(entries))
    failed = CliRunner().invoke(frame.app, ["wrong"])
    assert failed.exit_code == 2
    assert "`baton wrong` cannot be loaded from no_such_package.cli:x" in failed.stderr
    assert CliRunner().invoke(frame.app, ["version"]).exit_code == 0


@pytest.mark.parametrize("name", ["dlq", "form", "rep", "rulebook", "worktime"])
def test_the_help_of_a_group_cuts_no_line_at_80_columns(name: str) -> None:
    done = CliRunner().invoke(frame.app, [name, "--help"], env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert "..." not in done.output.replace("[ARGS]...", "")
    assert max(len(line) for line in done.output.splitlines()) <= 80


def test_the_help_of_a_group_tells_a_sentence_of_two_lines_to_its_end() -> None:
    group = command_group(help="A group.")

    @group.command()
    def one() -> None:
        """Does this for a long while,
        and that.

        And what nobody asked.
        """

    @group.command()
    def other() -> None:
        """Does nothing."""

    told = CliRunner().invoke(group, ["--help"]).output
    assert "Does this for a long while, and that." in told
    assert "nobody asked" not in told


def test_the_version_is_told_by_flag_and_by_command() -> None:
    done = CliRunner().invoke(frame.app, ["--version"])
    assert done.exit_code == 0
    assert done.stdout == f"baton {version('baton-cli')}\n"
    assert "baton-cli" in CliRunner().invoke(frame.app, ["version"]).stdout


def test_an_unknown_command_gets_the_nearest_name() -> None:
    done = CliRunner().invoke(frame.app, ["worktme"])
    assert done.exit_code == 2
    assert "did you mean `baton worktime`?" in done.stderr


def test_several_packages_fill_one_command_together(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        broken("scorecard.rehearse", "baton_cli.version:version"),
        broken("scorecard.torn", "no_such_package.cli:x"),
    ]
    family = offers(entries)["scorecard"]
    assert (family.section, sorted(family.members)) == (Section.RULEBOOK, ["rehearse", "torn"])
    monkeypatch.setattr(frame, "offers", lambda: offers(entries))
    assert "scorecard" in CliRunner().invoke(frame.app, ["--help"]).output
    told = CliRunner().invoke(frame.app, ["scorecard", "--help"]).output
    assert "Versions of Baton's packages" in told
    assert "cannot be loaded" in told
    assert CliRunner().invoke(frame.app, ["scorecard", "rehearse"]).exit_code == 0
    unknown = CliRunner().invoke(frame.app, ["scorecard", "anything"])
    assert (unknown.exit_code, "has rehearse, torn" in unknown.stderr) == (2, True)

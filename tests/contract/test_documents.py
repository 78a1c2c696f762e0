"""What documents show is so: commands exist and take what is written, examples read, links lead somewhere."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.exceptions import TyperException

from baton_cli.app import app
from tests.contract.documents import ROOT, Command, Example, commands, documents, examples

PLACEHOLDER = re.compile(r"[<$]?[A-Z][A-Z0-9_-]*>?|\.\.\.|…")
BATON: Any = typer.main.get_command(app)


@pytest.mark.parametrize("command", commands(), ids=str)
def test_a_command_that_is_shown_exists_and_takes_what_is_written(command: Command) -> None:
    found, rest = BATON, list(command.words)
    context = typer.Context(found, info_name="baton")
    while hasattr(found, "get_command") and rest and not PLACEHOLDER.fullmatch(rest[0]):
        if rest[0].startswith("-"):
            return
        found = found.get_command(context, rest[0])
        assert found is not None, f"there is no command {rest[0]!r}"
        context = typer.Context(found, parent=context, info_name=rest.pop(0))
    if rest and not hasattr(found, "get_command"):
        _check(found, rest, context, is_whole=command.is_whole)


def _check(found: Any, rest: list[str], context: Any, *, is_whole: bool) -> None:
    """A command that is only named may leave out what it needs; a word in capitals stands for a value."""
    try:
        found.make_context(found.name, list(rest), parent=context.parent)
    except typer.Exit:
        pass
    except TyperException as error:
        is_named = type(error).__name__ == "MissingParameter" and not is_whole
        stands_for = isinstance(error, typer.BadParameter) and any(map(PLACEHOLDER.fullmatch, rest))
        if not is_named and not stands_for:
            raise


@pytest.mark.parametrize("example", examples("json", "yaml"), ids=str)
def test_an_example_can_be_read(example: Example) -> None:
    if example.language == "json":
        json.loads(example.text)
    else:
        list(yaml.safe_load_all(example.text))


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("file", documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_link_leads_to_a_file_and_a_heading_that_exist(file: Path) -> None:
    wrong = []
    for link in LINK.findall(_without_code(file.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (heading and heading not in _headings(target)):
            wrong.append(link)
    assert wrong == []


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


def _headings(file: Path) -> set[str]:
    """As a link names them: small letters, blanks as hyphens, no other signs."""
    text = re.sub(r"^ *```.*?^ *```$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_a_setting_or_metric_that_is_named_is_known_to_the_code() -> None:
    known = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("libs", "services", "cli", "dev", "tests", "bench")
        for pattern in ("*.py", "*.sql", "*.toml")
        for path in (ROOT / folder).rglob(pattern)
    )
    missing = set()
    for file in _of_today():
        text = file.read_text(encoding="utf-8")
        missing |= {
            (str(file.relative_to(ROOT)), name)
            for name in re.findall(r"\bbaton_[a-z_]+(?=[`{])|\bBATON_[A-Z_]+[A-Z]\b", text)
            if not _is_known(name, known)
        }
    assert missing == set()


_OURS = {each.parent.name for each in ROOT.glob("*/*/*/__init__.py")} | {
    "baton_dev",
    "lead_events",
    "bench",
    "tests",
}


def test_a_module_of_ours_is_run_by_the_python_that_has_it() -> None:
    """A reader's plain `python` has nothing of Baton; in an image there is only one."""
    in_images = {"compose.md", "verified.md"}
    wrong = {
        (str(file.relative_to(ROOT)), module)
        for file in _of_today()
        if file.name not in in_images
        for module in re.findall(r"(?<!/)\bpython3? -m ([a-z_]+)", file.read_text(encoding="utf-8"))
        if module in _OURS
    }
    assert wrong == set()


def _of_today() -> list[Path]:
    """Without the changelog and the decisions, which name what was or might have been."""
    return [each for each in documents() if each.name != "CHANGELOG.md" and each.parent.name != "decisions"]


def _is_known(name: str, code: str) -> bool:
    """Settings stand in the code without the beginning they share; a secret's end everybody chooses."""
    if name.startswith("BATON_SECRET_"):
        return True
    return name in code or name.removesuffix("_total") in code or name.removeprefix("BATON_").lower() in code

"""`baton scorecard compare`: who would stand elsewhere by another scorecard, before one is switched to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage
from baton_cli.leads import person_in
from baton_cli.output import (
    Changing,
    print_fields,
    print_heading,
    print_json,
    print_line,
    print_table,
    progress,
)
from baton_cli.stack import Service
from lead_events.words import Quadrant
from rulebook.documents import read_document
from rulebook.findings import Finding, RulebookInvalid, errors_in
from rulebook.loader import examine
from rulebook.publication import prepare, to_document
from scoring.cli.rescoring import bar

TIMEOUT = 60.0
"""Seconds until the first word of scoring, which checks both first, and from one to the next."""
WORDS = frozenset({"current", "shadow"})
WHAT = "A version's number, `current`, `shadow`, a scorecard's file, or a rulebook's folder."
One = Annotated[str, typer.Argument(metavar="A", help=WHAT, show_default=False)]
Other = Annotated[str, typer.Argument(metavar="B", help="What it is compared with.", show_default=False)]


def compare(
    a: One,
    b: Other,
    line: Annotated[
        str | None,
        typer.Option(metavar="LINE", help="Of which product line. [default: the file's name, the only line]"),
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=50_000, help="On so many of the newest leads.")] = 5_000,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Score stored leads by two scorecards: who would stand elsewhere, how many would be won.

    Open leads are scored as of now, ended ones as of when sales first had them; nothing of it is kept. Exit
    code 1 when a lead stands elsewhere.
    """
    for text in (a, b):
        if text not in WORDS and not text.isdecimal() and not Path(text).exists():
            raise _nothing(text)
    with open_client(stack, timeout=TIMEOUT) as client:
        line = line or _line(client, a, b)
        named = {"a": _named(client, a, line), "b": _named(client, b, line)}
        sent = {key: each.sent for key, each in named.items()}
        progress(f"comparing on at most {most:,} of the newest leads of {line} ...")
        first, result = _answer(client, {"line": line, **sent, "most": most})
    for key, each in named.items():
        if each.doubts is not None:
            first[key]["warnings"] = each.doubts
    told = {**first, **result, "names": {key: first[key]["name"] for key in ("a", "b")}}
    if as_json:
        print_json(told)
    else:
        _show(first, result)
    if result["other_quadrant"] or result["other_stage"]:
        raise typer.Exit(1)


def _nothing(text: str) -> BadUsage:
    return BadUsage(f"{text!r} is no version, file or folder: write a number, `current`, `shadow` or a path.")


def _answer(client: Client, question: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is compared, and the result; how far it is is shown meanwhile."""
    first: dict[str, Any] = {}
    began = shown_at = monotonic()
    with Changing() as shown:
        for text in client.lines(Service.SCORING, "/v1/scorecards/compare", question):
            told = json.loads(text)
            if "result" in told:
                return first, told["result"]
            first = first or told
            if "seen" in told and monotonic() - shown_at >= 1:
                shown_at = monotonic()
                rate = told["seen"] / (shown_at - began)
                shown.show(bar(question["line"], told["seen"], told["of"], rate))
    raise BadUsage("The comparison broke off: scoring's log tells why. Ask again.")


@dataclass(frozen=True, slots=True)
class _Named:
    """What a word on the command line names: as it is sent, and what is doubtful in files by their lines."""

    sent: dict[str, Any]
    doubts: list[str] | None = None


def _named(client: Client, text: str, line: str) -> _Named:
    """Raises BadUsage for what is nothing of the kind, and with every line for what is not valid."""
    if text == "current":
        return _Named({})
    if text == "shadow":
        return _Named({"shadow": True})
    if text.isdecimal():
        return _Named({"version": int(text)})
    path = Path(text)
    if path.is_dir():
        return _of_folder(path, line)
    if path.is_file():
        return _of_file(client, path, line)
    raise _nothing(text)


def _of_folder(path: Path, line: str) -> _Named:
    rulebook, findings = examine(path)
    if rulebook is None or errors_in(findings):
        raise BadUsage(f"{path} is not valid:\n{RulebookInvalid(findings)}")
    doubts = [each for each in findings if each.path.startswith(f"scorecards.{line}")]
    return _Named({"rulebook": to_document(rulebook)}, _lines(doubts))


def _of_file(client: Client, path: Path, line: str) -> _Named:
    """Checked here already, in place of the one in force: only here it is known where its parts stand."""
    document = read_document(path, path.as_posix(), ("scorecards", line))
    rulebook = client.get(Service.SCORING, "/v1/rulebooks/active")["rulebook"]
    rulebook["scorecards"][line] = document.value
    findings = document.findings
    try:
        findings = findings or list(prepare(rulebook, document.places).warnings)
    except RulebookInvalid as error:
        findings = error.findings
    if errors_in(findings):
        raise BadUsage(f"{path} is not valid:\n{RulebookInvalid(findings)}")
    return _Named({"scorecard": document.value}, _lines([each for each in findings if each.file]))


def _lines(findings: Sequence[Finding]) -> list[str]:
    return [str(each) for each in findings]


def _line(client: Client, a: str, b: str) -> str:
    """The line that a file is named after; else the only one there is."""
    lines = list(client.get(Service.SCORING, "/v1/rulebooks/active")["rulebook"]["scorecards"])
    named = [Path(each).stem for each in (b, a) if Path(each).is_file() and Path(each).stem in lines]
    if named:
        return named[0]
    if len(lines) == 1:
        return str(lines[0])
    raise BadUsage(f"Which line? Add --line with one of {', '.join(lines)}.")


def _show(first: dict[str, Any], result: dict[str, Any]) -> None:
    print_line(
        f"{result['leads']:,} leads of {first['line']}: A is {first['a']['name']}, B {first['b']['name']}"
    )
    for key in ("a", "b"):
        for warning in first[key]["warnings"]:
            progress(f"{key.upper()}: {warning}")
    print_line(
        f"{result['other_quadrant']:,} stand in another quadrant by B, "
        f"{result['other_stage']:,} at another stage"
    )
    print_line()
    print_heading("Leads by quadrant: A down, B across")
    show_matrix(result["quadrants"], [each.value for each in Quadrant])
    _show_stages(result["stages"])
    _show_conversions(result)
    _show_sample(result["sample"])


def show_matrix(counts: dict[str, dict[str, int]], names: list[str]) -> None:
    """How many stand where by one and by the other."""
    rows = [(name, *(counts.get(name, {}).get(other, 0) for other in names)) for name in names]
    print_table(["", *names], rows)


def _show_stages(stages: dict[str, dict[str, int]]) -> None:
    moved = {
        f"  {a.upper()} -> {b.upper()}": f"{leads:,}"
        for a, row in stages.items()
        for b, leads in row.items()
        if a != b and leads
    }
    if moved:
        print_line()
        print_heading("Leads at another stage")
        print_fields(moved)


def _show_conversions(result: dict[str, Any]) -> None:
    print_line()
    print_heading(f"Won so far: {result['won']:,} of {result['ended']:,} that ended")
    rows = [
        (name, *(share(result[key]["quadrants"][name]) for key in ("a", "b")))
        for name in (each.value for each in Quadrant)
    ]
    print_table(["quadrant", "by A", "by B"], rows)
    expected = {key: result[key]["expected"] for key in ("a", "b")}
    rows = [
        (text, *(_number(expected[key][name]) for key in ("a", "b")))
        for name, text in (
            ("by_its_own_value", "by what each scorecard says itself"),
            ("by_outcomes_so_far", "by the share of each quadrant won so far"),
        )
    ]
    print_line()
    print_heading("Open leads expected to be won")
    print_table(["", "A", "B"], rows)


def share(quadrant: dict[str, Any]) -> str:
    """What was won of a quadrant, with the numbers it is made of."""
    if not quadrant["ended"]:
        return "none ended"
    return f"{quadrant['won_share']:.1%} ({quadrant['won']:,} of {quadrant['ended']:,})"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.1f}"


def _show_sample(sample: list[dict[str, Any]]) -> None:
    if not sample:
        return
    print_line()
    print_heading(f"Some that stand elsewhere, the newest {len(sample)}")
    rows = [
        (each["lead_id"], person_in(each["profile"]), _side(each["a"]), _side(each["b"])) for each in sample
    ]
    print_table(["lead", "person", "A", "B"], rows)


def _side(side: dict[str, Any]) -> str:
    return f"{side['quadrant']} {side['stage'].upper()} ({side['fit']}, {side['interest']})"

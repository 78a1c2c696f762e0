"""`baton form new`, `test` and `snippet`: a form is proposed, tried on a payload, and written as HTML."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, CommandFailed, FoundNothing
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from intake.authoring.payloads import PayloadUnreadable, read_sample
from intake.authoring.snippet import form_html
from intake.domain.refusals import Refusal
from intake.domain.technical import split
from intake.domain.verdict import judge
from rulebook.check import check as check_place
from rulebook.findings import Finding, errors_in
from rulebook.form_explain import Row, explain
from rulebook.form_proposal import propose
from rulebook.form_sample import Sample
from rulebook.loader import examine
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form, Rulebook

_KINDS = (
    "One submission as it was sent (JSON, a form's body), the HTML page with the form, or a file of leads."
)
_MAKE = "What the form is called, such as 'Ask for a demo'."
_SAVE = "Write it into the rulebook's forms and check it."
_SERVER = "How visitors reach intake, such as https://leads.example.com."
FormName = Annotated[
    str, typer.Argument(metavar="FORM", help="A form's id in the rulebook, or its YAML file.")
]
Payload = Annotated[
    Path,
    typer.Argument(
        metavar="PAYLOAD",
        help=_KINDS,
    ),
]
Folder = Annotated[
    Path, typer.Option("--rulebook", metavar="FOLDER", help="The folder of YAML files with the form.")
]
_HERE = Path("rulebook")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class _NotRead(CommandFailed):
    """The payload or rulebook cannot be read: correct what is named."""

    exit_code = 1


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_MAKE)],
    payload: Annotated[
        Path,
        typer.Option("--from", metavar="PAYLOAD", help=_KINDS),
    ],
    source: Annotated[
        str, typer.Option(help="Where its leads come from: an id of sources.yaml.")
    ] = "website",
    rulebook: Folder = _HERE,
    save: Annotated[bool, typer.Option("--save", help=_SAVE)] = False,
    as_json: AsJson = False,
) -> None:
    """Propose a form for what a tool sends, a page asks or a file holds: the ready mapping of a known tool,
    else by names, questions and values.

    Prints the YAML to look over; with --save it becomes FOLDER/forms/<id>.yaml.
    """
    sample = _payload(payload)
    proposal = propose(sample, name, source=source)
    if as_json:
        print_json(
            {
                "form": proposal.form_id,
                "vendor": proposal.vendor,
                "yaml": proposal.yaml,
                "notes": proposal.notes,
            }
        )
    else:
        print_line(proposal.yaml.rstrip())
    if save:
        _save(rulebook, proposal.form_id, proposal.yaml)
        progress(_next_steps(sample.kind, proposal.form_id, payload, rulebook))
    elif not as_json:
        progress(f"Nothing is written yet: --save keeps it as {rulebook / 'forms' / proposal.form_id}.yaml")


def try_payload(
    form: FormName,
    payload: Payload,
    rulebook: Folder = _HERE,
    every: Annotated[
        bool, typer.Option("--all", help="Show a tool's envelope around its answers, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a payload becomes by a form, field by field, with what to write where nothing reads one.

    Sends nothing. Exit code 1 when the submission would be refused or wait in quarantine.
    """
    form_id, found, book = _form(form, rulebook)
    fields, technical = split(dict(_payload(payload).fields))
    now = datetime.now(UTC)
    rows = explain(found, fields, now, staff_domains=book.staff_domains)
    mapped = map_submission(found, fields, now, staff_domains=book.staff_domains)
    outcome = _outcome(found, form_id, fields, mapped, technical.honeypot)
    if as_json:
        print_json({"form": form_id, "fields": [_told(row) for row in rows], **outcome})
    else:
        shown = [row for row in rows if every or not row.is_beside]
        print_table(
            ["field", "value", "becomes", "to know"],
            [(row.path, _brief(row.value), "\n".join(row.became), row.hint) for row in shown],
            optional=["to know"],
        )
        if left := len(rows) - len(shown):
            print_line(f"{left} more beside what is read are not kept; --all shows them.")
        print_line()
        print_fields(outcome)
    if outcome["outcome"] != "accepted":
        raise typer.Exit(1)


def snippet(
    form: FormName,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help=_SERVER, show_default=False),
    ] = None,
    rulebook: Folder = _HERE,
    stack: StackFile = None,
) -> None:
    """Print the HTML of a form to paste into a page: it works without script, and better with it."""
    _, found, _ = _form(form, rulebook)
    if server is None:
        with open_client(stack) as client:
            server = client.stack.address(Service.INTAKE)
        progress("This is the address of this machine's stack: --server says how visitors reach intake.")
    print_line(form_html(found, server.rstrip("/")).rstrip())


def _payload(file: Path) -> Sample:
    try:
        return read_sample(file)
    except PayloadUnreadable as error:
        raise _NotRead(str(error)) from None


def _form(name: str, folder: Path) -> tuple[str, Form, Rulebook]:
    """The form and its rulebook. A file names its own rulebook, the folder above it."""
    if name.endswith((".yaml", ".yml")):
        folder, name = Path(name).resolve().parent.parent, Path(name).stem
    book, findings = examine(folder)
    here = [each for each in findings if _is_of_form(each, name)]
    elsewhere = [each for each in errors_in(findings) if each not in here]
    if errors_in(here):
        told = "\n".join(map(str, errors_in(here)))
        raise _NotRead(f"the form {name} has errors:\n{told}")
    if book is None:
        raise _NotRead("\n".join(map(str, findings)))
    if name not in book.forms:
        raise FoundNothing(f"{folder} has no form {name!r}; there are {', '.join(sorted(book.forms))}.")
    if elsewhere:
        files = ", ".join(sorted({each.file for each in elsewhere}))
        progress(f"Warning: the rulebook has errors elsewhere ({files}); `baton check {folder}` shows them.")
    return name, book.forms[name], book


def _is_of_form(finding: Finding, name: str) -> bool:
    path = f"forms.{name}"
    return finding.path == path or finding.path.startswith((f"{path}.", f"{path}["))


def _save(folder: Path, form_id: str, text: str) -> None:
    file = folder / "forms" / f"{form_id}.yaml"
    if not _ID.fullmatch(form_id) or not file.parent.is_dir():
        raise BadUsage(f"--save: {file.parent} is no folder of forms; name the rulebook with --rulebook.")
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise BadUsage(f"--save: {file} exists; choose another name, or edit that file.") from None
    checked = check_place(file)
    for finding in checked.findings:
        print_line(str(finding))
    wrong = len(errors_in(checked.findings))
    progress(f"Written to {file}{f', with {wrong} errors to correct' if wrong else ''}.")


def _next_steps(kind: str, form_id: str, payload: Path, folder: Path) -> str:
    """What to do with the form, once it is looked over."""
    if kind == "file":
        return (
            f"Look it over, then `baton rulebook publish {folder}`, and half a minute later "
            f"`baton import {payload} --form {form_id} --dry-run`."
        )
    then = f"form snippet {form_id}` for the page" if kind == "page" else "form list` for the address"
    return (
        f"Try it: `baton form test {form_id} {payload}`; then `baton rulebook publish {folder}`, and `baton "
        f"{then}."
    )


def _outcome(
    form: Form, form_id: str, fields: dict[str, Any], mapped: Mapped, trap: str | None
) -> dict[str, Any]:
    told: dict[str, Any] = {"outcome": "accepted", "lines": mapped.lines, "test": mapped.is_test}
    if mapped.vendor_id is not None:
        told["vendor's id"] = mapped.vendor_id
    try:
        verdict = judge(form, form_id, fields, mapped, is_retired=form.status == "retired", trap=trap)
    except Refusal as refusal:
        return {**told, "outcome": "refused", "why": refusal.detail}
    if verdict.reason is not None:
        return {**told, "outcome": "quarantined", "why": f"{verdict.reason.value}: {verdict.detail}"}
    return told


def _told(row: Row) -> dict[str, Any]:
    return {"field": row.path, "value": row.value, "becomes": list(row.became), "hint": row.hint}


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"

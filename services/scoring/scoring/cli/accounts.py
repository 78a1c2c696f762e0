"""`baton accounts`: companies as the CRM knows them, imported, looked up, put right where unsure."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, Cursor, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.identities import ACT, QUESTION, whole_id
from baton_cli.moments import brief
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import AccountStanding
from scoring.cli.account_files import FIELDS, AccountFile, Line, read_accounts

PATH = "/v1/accounts"
AT_ONCE = 500
SHOWN = 30
"""Refused lines that are named; --json names all."""

CrmId = Annotated[str, typer.Argument(metavar="CRM_ID", help="The id that the CRM has for the company.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")]

accounts = command_group(
    help="Companies as the CRM knows them: import, list, show, delete them; say who is whose where unsure."
)


@accounts.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV or JSON lines.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Under which header a field stands: crm_id='Record ID'."),
    ] = None,
    means: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD=STANDING", help="What a word of the CRM's means: 'Active account=customer'."
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="How letters are written. [default: found out]")
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Import accounts from a file; the same file again changes nothing; exit code 1 when a line is refused.

    Of an account that is known, columns that the file does not have stay as they are; an empty cell empties.
    """
    found = read_accounts(file, _columns(column), _standings(means), encoding)
    for note in found.notes:
        progress(f"{file.name}: {note}")
    with open_client(stack) as client:
        outcome = _send(client, found, dry_run=dry_run)
    if as_json:
        print_json(outcome)
    else:
        _show_outcome(outcome)
    if outcome["counts"]["refused"]:
        raise typer.Exit(1)


@accounts.command("list")
def list_accounts(
    domain: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Only with this domain.")] = None,
    standing: Annotated[AccountStanding | None, typer.Option(help="Only of this standing.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="REP", help="Only looked after by this rep.")] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="Only with this in name or id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    cursor: Cursor = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Accounts by CRM id: what each is to us, who looks after it, by what it is known."""
    with open_client(stack) as client:
        page = client.get(
            Service.SCORING,
            PATH,
            limit=limit,
            cursor=cursor,
            domain=domain,
            standing=standing,
            owner=owner,
            text=text,
        )
    found = items(page, "accounts")
    if as_json:
        print_json(page)
    elif not found:
        print_line("No account." if not any((domain, standing, owner, text)) else "No account matches.")
    else:
        keys = ("crm_id", "name", "standing", "owner", "domains", "tax_id", "line")
        print_table(list(keys), [[each[key] for key in keys] for each in found], optional=("line", "tax_id"))
        if "next" in page:
            progress(f"There are more: --cursor {page['next']} shows the next.")


@accounts.command()
def show(crm_id: CrmId, stack: StackFile = None, as_json: AsJson = False) -> None:
    """One account, the open leads that tell of it, and who changed what about it."""
    with open_client(stack) as client:
        found = client.get(Service.SCORING, _path(crm_id))
    if as_json:
        print_json(found)
        return
    print_fields({name.replace("_", " "): found[name] for name in FIELDS} | {"leads": found["leads"]})
    for change in found["changes"]:
        print_line(f"{brief(change['at'])} UTC  {change['kind']} by {change['by']}{_differences(change)}")


@accounts.command()
def delete(crm_id: CrmId, yes: Yes = False, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Take an account out; its open leads are published without it. What it was is kept as audit."""
    with open_client(stack) as client:
        found = client.get(Service.SCORING, _path(crm_id))
        if not yes:
            told = f"{found['name']} ({found['standing']}), told of by {len(found['leads'])} open leads."
            typer.confirm(f"{told} Go on?", abort=True, err=True)
        done = client.request("DELETE", Service.SCORING, _path(crm_id), headers=_audit()).json()
    if as_json:
        print_json(done)
    else:
        print_line(f"Deleted {found['name']}; its open leads are being published without it.")


@accounts.command()
def review(
    only_list: Annotated[bool, typer.Option("--list", help="Only list what is open.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Companies that may be one of several accounts, or are called like one: say which."""
    with open_client(stack) as client:
        found = items(client.get(Service.SCORING, f"{PATH}/unsure", limit=500), "unsure")
        if as_json:
            print_json({"unsure": found})
        elif not found:
            print_line("Nothing is unsure.")
        elif only_list:
            for question in found:
                _show_question(question)
        else:
            _ask_each(client, found)


@accounts.command()
def answer(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="Its id, or the beginning: see `baton accounts review --list`."
        ),
    ],
    account: Annotated[str | None, typer.Option(metavar="CRM_ID", help="It is this account.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It is none of the candidates.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Say which account a company is, without being asked; a later answer replaces an earlier one."""
    if (account is None) != none:
        raise BadUsage("Say which account it is with --account CRM_ID, or --none for none of the candidates.")
    with open_client(stack) as client:
        done = _answer(client, whole_id(client, QUESTION, question, least=ACT), account)
    if as_json:
        print_json(done)
    else:
        print_line("Kept; open leads that wait for it are being published.")


@accounts.command()
def updates(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, newest first.")] = 20,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Changes of accounts, and how many open leads were looked at and published again after each."""
    with open_client(stack) as client:
        found = items(client.get(Service.SCORING, f"{PATH}/updates", limit=limit), "updates")
    if as_json:
        print_json({"updates": found})
    elif not found:
        print_line("No account was changed yet.")
    else:
        rows = [
            (brief(each["at"]), each["looked_at"], each["published"], brief(each["finished_at"]) or "at it")
            for each in found
        ]
        print_table(["changed (UTC)", "leads looked at", "published", "finished (UTC)"], rows)


def _columns(given: Iterable[str] | None) -> dict[str, str]:
    found = _pairs(given, "--column", "crm_id='Record ID'")
    for name in found:
        if name not in FIELDS:
            raise BadUsage(f"{name!r} is no field of an account: write one of {', '.join(FIELDS)}.")
    return found


def _standings(given: Iterable[str] | None) -> dict[str, str]:
    found = _pairs(given, "--means", "'Active account=customer'")
    for standing in found.values():
        if standing not in set(AccountStanding):
            raise BadUsage(f"{standing!r} is no standing: write one of {', '.join(AccountStanding)}.")
    return found


def _pairs(given: Iterable[str] | None, option: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise BadUsage(f"{each!r} is no pair: write {option} {example}.")
        found[name.strip()] = value.strip()
    return found


def _send(client: Client, found: AccountFile, *, dry_run: bool) -> dict[str, Any]:
    """What became of every line; the counts are of lines."""
    counts = {"created": 0, "changed": 0, "unchanged": 0, "refused": 0}
    refused = [_refused(line, [{"field": "row", "detail": line.fault}]) for line in found.lines if line.fault]
    warnings: list[dict[str, Any]] = []
    good = [line for line in found.lines if not line.fault]
    for first in range(0, len(good), AT_ONCE):
        part = good[first : first + AT_ONCE]
        body = {"accounts": [line.account for line in part], "dry_run": dry_run}
        answer = client.post(Service.SCORING, f"{PATH}/batch", body, headers=_audit())
        for line, row in zip(part, answer["rows"], strict=True):
            if row["outcome"] == "refused":
                refused.append(_refused(line, row["errors"]))
            else:
                counts[row["outcome"]] += 1
            warnings += [{"line": line.number, "crm_id": row["crm_id"], **each} for each in row["warnings"]]
        if len(good) > AT_ONCE:
            progress(f"{min(first + AT_ONCE, len(good))} of {len(good)} ...")
    counts["refused"] = len(refused)
    refused.sort(key=lambda each: each["line"])
    return {"dry_run": dry_run, "counts": counts, "refused": refused, "warnings": warnings}


def _refused(line: Line, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"line": line.number, "crm_id": line.account.get("crm_id"), "errors": errors}


def _show_outcome(outcome: Mapping[str, Any]) -> None:
    counts = ", ".join(f"{number} {word}" for word, number in outcome["counts"].items())
    print_line(f"Would be: {counts}. Nothing is kept." if outcome["dry_run"] else f"Accounts: {counts}.")
    for refused in outcome["refused"][:SHOWN]:
        told = "; ".join(_fault(each) for each in refused["errors"])
        print_line(f"line {refused['line']}: {told}")
    if len(outcome["refused"]) > SHOWN:
        print_line(f"and {len(outcome['refused']) - SHOWN} more lines: --json names all.")
    for warning in outcome["warnings"][:SHOWN]:
        print_line(f"note on line {warning['line']}: {_fault(warning)}")
    if len(outcome["warnings"]) > SHOWN:
        print_line(f"and {len(outcome['warnings']) - SHOWN} more notes: --json has all.")
    if not outcome["dry_run"] and outcome["counts"]["created"] + outcome["counts"]["changed"]:
        print_line("Open leads that this concerns are being published again: `baton accounts updates`.")


def _fault(fault: Mapping[str, Any]) -> str:
    return str(fault["detail"]) if fault["field"] == "row" else f"{fault['field']}: {fault['detail']}"


def _differences(change: Mapping[str, Any]) -> str:
    if change["kind"] != "changed":
        return ""
    before, after = change["before"], change["after"]
    told = (
        f"{name} {before[name]!r} -> {after[name]!r}" for name in after if before.get(name) != after[name]
    )
    return ": " + ", ".join(told)


def _show_question(question: Mapping[str, Any]) -> None:
    company = question["company"] or "A company that is not named"
    at = f" at {question['domain']}" if question["domain"] else ""
    leads = f"{question['leads']} open lead" + ("" if question["leads"] == 1 else "s")
    print_line(f"{company}{at}: {leads}  ({question['question_id']})")
    for number, each in enumerate(question["candidates"], start=1):
        known_by = ", ".join(each["domains"]) or "no domain"
        print_line(f"  {number}. {each['name']} ({each['crm_id']}): {each['standing']}, {known_by}")


def _ask_each(client: Client, found: Iterable[Mapping[str, Any]]) -> None:
    for question in found:
        _show_question(question)
        candidates = question["candidates"]
        words = f"Which is it? 1-{len(candidates)}, n for none, s to skip, q to stop"
        said = typer.prompt(words, err=True).strip().lower()
        while said not in ("n", "s", "q", *map(str, range(1, len(candidates) + 1))):
            said = typer.prompt(words, err=True).strip().lower()
        if said == "q":
            return
        if said != "s":
            chosen = None if said == "n" else candidates[int(said) - 1]["crm_id"]
            _answer(client, question["question_id"], chosen)
            print_line("  kept" if chosen is None else f"  kept: it is {chosen}")


def _answer(client: Client, question: str, account: str | None) -> Any:
    body = {"refuse": True} if account is None else {"accept": account}
    return client.post(Service.SCORING, f"{PATH}/unsure/{quote(question, safe='')}", body, headers=_audit())


def _path(crm_id: str) -> str:
    return f"{PATH}/{quote(crm_id, safe='')}"


def _audit() -> dict[str, str]:
    return {"X-Operator": operator_name().encode("ascii", "replace").decode()[:100]}

"""What intake offers to the `baton` command: its forms, and a test submission to follow, over HTTP."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage, Declined, FoundNothing
from baton_cli.moments import brief_utc
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table, progress
from baton_cli.specimen import made_up
from baton_cli.stack import Service
from intake.cli import authoring
from intake.cli.health import health
from intake.cli.in_force import Arrival, forms_in_force
from intake.cli.served import faults, refused, served_forms

_BETWEEN_LOOKS = 0.25
_TIMER_SECONDS = 3.0

form = command_group(help="Forms: connect one, try it, paste it, see how they are, send a test submission.")
form.command("health")(health)
form.command("new")(authoring.new)
form.command("test")(authoring.try_payload)
form.command("snippet")(authoring.snippet)


@form.command("list")
def list_forms(stack: StackFile = None, as_json: AsJson = False) -> None:
    """The forms of the rulebook in force by id, with the address that a page posts to.

    Below them what is missing: a secret that a form names and intake has no value for. Exit code 1 then.
    """
    with open_client(stack) as client:
        forms = forms_in_force(client)
        served = served_forms(client)
        address = client.stack.address(Service.INTAKE)
    for name, each in forms.items():
        each |= {"url": f"{address}{_path(each)}", "faults": faults(served, name)}
    found = [fault for each in forms.values() for fault in each["faults"]]
    if as_json:
        print_json(forms)
    else:
        _show_forms(forms, [*found, *filter(None, (refused(served, name) for name in forms))])
    if found:
        raise typer.Exit(1)


@form.command("send-test")
def send_test(
    form: Annotated[str, typer.Argument(metavar="FORM", help="A form's id; `baton form list` lists them.")],
    line: Annotated[
        str | None, typer.Option(metavar="LINE", help="The line asked for, where the form lets one choose.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it comes to rest.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="How many seconds --wait follows it.")] = 60,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Post a believable made-up submission, marked as a test; prints its id.

    It goes with the operator's token, so it needs no signature, key or captcha: that posts of others pass is
    not tried. Exit code 1 when intake lacks the secret by which it would check them. With --wait: exit code 0
    when every lead of it is assigned, held, nurturing or closed, 1 when it went to quarantine, was a
    duplicate, or the time ran out.
    """
    with open_client(stack) as client:
        chosen = Arrival(client).of(form)
        if line is not None and line not in chosen["lines"]:
            raise BadUsage(
                f"--line: {form} does not serve {line!r}; write one of {', '.join(chosen['lines'])}."
            )
        served = served_forms(client)
        sent = _send(client, chosen, line)
        result: dict[str, Any] = {"submission_id": sent, "form": form}
        if missing := faults(served, form):
            result["faults"] = missing
        _tell_what_is_not_tried(served.get(form, {}), [*missing, *filter(None, [refused(served, form)])])
        if wait:
            result |= Follower(client, timeout).follow(sent)
    if as_json:
        print_json(result)
    else:
        _show(result)
    if missing or result.get("state") in ("quarantined", "duplicate"):
        raise typer.Exit(1)


@dataclass
class Follower:
    """Looks at a submission until it has come to rest, or the time runs out."""

    client: Client
    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    def follow(self, submission: str) -> dict[str, Any]:
        """What became of it, and of each of its leads. Raises FoundNothing when the time runs out."""
        until = self.monotonic() + self.seconds
        found = self._await(lambda: self._submission(submission), until, "scoring has not seen it")
        progress(f"scoring: {found['state']}{_because(found)}")
        leads = [self._lead(lead, until) for lead in found.get("lead_ids") or []]
        reason = {key: found[key] for key in ("reason", "detail", "duplicate_of") if key in found}
        return {"state": found["state"], **reason, "leads": leads}

    def _lead(self, lead: str, until: float) -> dict[str, Any]:
        routed = self._await(lambda: self._routed(lead), until, f"the router has not decided on lead {lead}")
        rep = _rep(routed)
        progress(f"router: lead {lead} is {routed['state']}{f' to {rep}' if rep else ''}")
        timers = self._timers(lead) if rep else []
        held = {key: routed[key] for key in ("hold_reason", "next_try_at") if routed.get(key)}
        line = routed.get("line")
        return {"lead_id": lead, "line": line, "state": routed["state"], "rep": rep, **held, "timers": timers}

    def _submission(self, submission: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._found(Service.SCORING, f"/v1/submissions/{submission}")
        return found

    def _routed(self, lead: str) -> dict[str, Any] | None:
        routed: dict[str, Any] | None = self._found(Service.ROUTER, f"/v1/leads/{lead}")
        return None if routed is None or routed["state"] == "stub" else routed

    def _timers(self, lead: str) -> list[dict[str, Any]]:
        """The promises to this lead; none after a while, because a quadrant may have none."""
        until = self.monotonic() + _TIMER_SECONDS
        while True:
            answer = self._found(Service.SLA_MONITOR, f"/v1/leads/{lead}/timers")
            timers = items(answer, "timers") if answer is not None else []
            if timers or self.monotonic() >= until:
                return timers
            self.pause(_BETWEEN_LOOKS)

    def _found(self, service: Service, path: str) -> Any:
        try:
            return self.client.get(service, path)
        except FoundNothing:
            return None

    def _await(self, question: Callable[[], Any], until: float, otherwise: str) -> Any:
        while (answer := question()) is None:
            if self.monotonic() >= until:
                raise FoundNothing(
                    f"After {self.seconds:g} s {otherwise}; `baton status` shows what is behind."
                )
            self.pause(_BETWEEN_LOOKS)
        return answer


def _send(client: Client, form: Mapping[str, Any], line: str | None) -> str:
    fields = made_up(form, secrets.randbelow(1_000_000), datetime.now(UTC), line)
    headers = {
        "Idempotency-Key": secrets.token_urlsafe(12),
        "Accept": "application/json",
        "Baton-Test": "1",
    }
    answer = client.post(Service.INTAKE, _path(form), fields, headers=headers)
    if not isinstance(answer, dict) or "submission_id" not in answer:
        raise Declined(f"intake answered without an id: {answer}")
    return str(answer["submission_id"])


def _path(form: Mapping[str, Any]) -> str:
    return f"/v1/forms/{form['key']}/submissions"


def _tell_what_is_not_tried(served: Mapping[str, Any], troubles: list[str]) -> None:
    """On stderr: that the test passed by a check which others have to pass, and what is wrong with that."""
    if served.get("signature"):
        progress(
            f"This test is the operator's and goes without the sender's proof ({served['signature']}): "
            "have the tool itself send one to try that."
        )
    for each in troubles:
        progress(f"Warning: {each}")


def _show_forms(forms: Mapping[str, dict[str, Any]], troubles: list[str]) -> None:
    rows = [
        (name, each["name"], each.get("status", "active"), each["lines"], each["source"], each["url"])
        for name, each in forms.items()
    ]
    print_table(["form", "name", "status", "lines", "source", "post to"], rows)
    if troubles:
        print_line()
        print_heading("Something is wrong:")
    for each in troubles:
        print_line(f"  {each}")


def _rep(routed: Mapping[str, Any]) -> str | None:
    if routed["state"] != "assigned":
        return None
    current = [each for each in routed.get("assignments", []) if each.get("ended_at") is None]
    return str(current[-1].get("rep_name") or current[-1]["rep_id"]) if current else None


def _because(found: Mapping[str, Any]) -> str:
    return "".join(f", {found[key]}" for key in ("reason", "detail") if found.get(key))


def _show(result: Mapping[str, Any]) -> None:
    shown = {key: value for key, value in result.items() if key not in ("leads", "form", "faults")}
    print_fields({key.replace("_", " "): value for key, value in shown.items()})
    for lead in result.get("leads", []):
        print_line()
        told = lead | {"next_try_at": brief_utc(lead.get("next_try_at"))}
        print_fields(
            {key.removesuffix("_at").replace("_", " "): told[key] for key in told if key != "timers"}
        )
        for timer in lead["timers"]:
            trial = " (on trial)" if timer["is_trial"] else ""
            print_line(f"  {timer['kind'].replace('_', ' ')} by {brief_utc(timer['due_at'])}{trial}")

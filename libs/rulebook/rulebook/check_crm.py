"""CRM connections: can each request be sent, and each webhook be understood."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from rulebook.crm_order import in_circles
from rulebook.crm_presets import crm_names
from rulebook.crm_text import OF_THE_ERASED, PRESENT, VARIABLES, placeholders
from rulebook.documents import Loc
from rulebook.json_pointer import is_pointer
from rulebook.models import CrmCall, CrmConnection, CrmExists, CrmInbound, CrmRequest, Rulebook
from rulebook.patterns import first_group
from rulebook.report import Report, did_you_mean

_LOCAL = re.compile(
    r"^https?://(localhost|127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|0\.|\[)", re.IGNORECASE
)
_LEFT_TO_US = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection"})


def check_crm(rulebook: Rulebook, report: Report) -> None:
    """Report what cannot work, or tells nobody anything."""
    for name, connection in rulebook.crm.items():
        loc: Loc = ("crm", name)
        if connection.template is not None and connection.template not in crm_names():
            report.error(
                (*loc, "template"),
                f"there is no ready template `{connection.template}`",
                f"{did_you_mean(connection.template, crm_names())} Or leave it out and write `requests`",
            )
        _check_address((*loc, "url"), connection.url, report)
        if connection.auth.token_url is not None:
            _check_address((*loc, "auth", "token_url"), connection.auth.token_url, report)
        _check_owners(rulebook, name, connection, report)
        _check_requests((*loc, "requests"), connection, report)
        if connection.events is not None:
            _check_events((*loc, "events"), connection, connection.events, report)


def _check_address(loc: Loc, url: str, report: Report) -> None:
    if _LOCAL.match(url):
        report.warning(
            loc,
            f"`{url}` is an address inside, where nothing is sent",
            "write the CRM's public address, or allow this one to the router in BATON_DELIVERY_ALLOW",
        )
    elif url.startswith("http://"):
        report.warning(
            loc, "sends names and the secret unencrypted", f"write https://{url.removeprefix('http://')}"
        )
    if "{" in url:
        report.error(
            loc, "holds a placeholder, which is never filled here", "put it into the request's `path`"
        )


def _check_owners(rulebook: Rulebook, name: str, connection: CrmConnection, report: Report) -> None:
    used = {each.name for call in _calls(connection) for each in placeholders([call.path, call.body])}
    needs = connection.owner_by == "crm_id" and ("rep.crm_id" in used or connection.events is not None)
    if not needs or report.is_partial("reps"):
        return
    without = [each for each, rep in rulebook.roster.reps.items() if rep.crm_id is None]
    if without:
        report.warning(
            ("crm", name),
            f"names owners by `crm_id`, which {len(without)} of {len(rulebook.roster.reps)} reps lack: "
            f"`{without[0]}` for one",
            "add `crm_id: ...` to each rep of roster.yaml, or write `owner_by: email`",
        )


def _calls(connection: CrmConnection) -> Iterator[CrmCall]:
    for request in connection.requests.values():
        yield from filter(None, (request, request.find, request.update))


def _check_requests(loc: Loc, connection: CrmConnection, report: Report) -> None:
    kept = [each.keep.name for each in connection.requests.values() if each.keep is not None]
    for name, request in connection.requests.items():
        here = (*loc, name)
        _check_keeping(here, request, report)
        if "erased" in request.on:
            _check_erasing(here, request, report)
        own = request.keep.name if request.keep is not None else None
        for key, call in (("", request), ("find", request.find), ("update", request.update)):
            if call is not None:
                inside = (*here, key) if key else here
                is_first = own is not None and key != "update"
                _check_call(inside, call, [each for each in kept if not (is_first and each == own)], report)
    for name in in_circles(connection.requests):
        report.error(
            (*loc, name),
            "waits for an id that another request brings, which waits for this one's",
            "take the other's `{crm.NAME}` out of one of the two",
        )
    for number, name in enumerate(kept):
        if name in kept[:number]:
            report.error(loc, f"two requests keep an id as `{name}`", "give each a name of its own")


def _check_keeping(loc: Loc, request: CrmRequest, report: Report) -> None:
    for number, needed in enumerate(request.needs):
        if needed not in VARIABLES:
            report.error(
                (*loc, "needs", number),
                f"there is no placeholder `{needed}`",
                did_you_mean(needed, VARIABLES),
            )
    if request.keep is None and (request.find is not None or request.update is not None):
        report.error(
            loc,
            "searches for an object and keeps no id of it",
            "add `keep: {name: contact, id: /id}`",
        )
    if request.keep is not None:
        _check_pointer((*loc, "keep", "id"), request.keep.id, report)
    if request.find is not None:
        _check_pointer((*loc, "find", "id"), request.find.id, report)
    if request.exists is not None:
        _check_exists((*loc, "exists"), request.exists, report, can_find=request.find is not None)


def _check_erasing(loc: Loc, request: CrmRequest, report: Report) -> None:
    """Of who is erased there are ids alone, and nothing is made there for them."""
    if len(request.on) > 1 or request.keep is not None:
        report.error(
            (*loc, "on"),
            "`erased` needs a request of its own, which keeps nothing",
            "write a request with `on: [erased]` that deletes or empties what the CRM has",
        )
    for each in placeholders([request.path, request.headers, request.body]):
        if each.name not in OF_THE_ERASED and not each.name.startswith("crm."):
            report.error(
                loc,
                f"`{{{each.name}}}` is not known any more of who is erased",
                "use the ids that the CRM gave, such as `{crm.contact}`, or `{lead.id}`",
            )


def _check_exists(loc: Loc, exists: CrmExists, report: Report, *, can_find: bool) -> None:
    if exists.pattern is not None:
        try:
            first_group("", exists.pattern)
        except ValueError:
            report.error(
                (*loc, "pattern"),
                "finds no id: it is no regular expression with a group",
                "write such as 'Existing ID: ([0-9]+)', in RE2's syntax, which has no look-around",
            )
    elif exists.id is None and not can_find:
        report.error(
            loc,
            "says that the object is there, and not which it is",
            "add `id: /pointer`, `pattern: ...`, or `find` to the request",
        )


def _check_call(loc: Loc, call: CrmCall, kept: list[str], report: Report) -> None:
    known = [*VARIABLES, *(f"crm.{name}" for name in kept)]
    for key, node in (("path", call.path), ("headers", call.headers), ("body", call.body)):
        for each in placeholders(node):
            if each.name not in known:
                report.error(
                    (*loc, key),
                    f"there is no placeholder `{{{each.name}}}`",
                    _meant(each.name, known),
                )
            elif each.name in PRESENT and (each.leaves_out or each.instead is not None):
                report.warning(
                    (*loc, key),
                    f"`{each.name}` always has a value, so that what follows it says nothing",
                    f"write `{{{each.name}}}`",
                )
    for header in call.headers:
        if header.lower() in _LEFT_TO_US:
            report.error(
                (*loc, "headers"),
                f"`{header}` is set by Baton itself",
                "delete it; see `auth` of the connection",
            )


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{{{near[0]}}}`?"
    if name.startswith("crm."):
        return f"add `keep: {{name: {name[4:]}, id: /id}}` to the request whose answer holds that id"
    return "docs/crm.md lists them; `{{` and `}}` are plain braces"


def _check_events(loc: Loc, connection: CrmConnection, events: CrmInbound, report: Report) -> None:
    kept = [each.keep.name for each in connection.requests.values() if each.keep is not None]
    report.reference((*loc, "record"), "kept id", events.record, kept)
    for key in ("items", "id", "object", "occurred_at"):
        _check_pointer((*loc, key), getattr(events, key), report)
    signature = events.signature
    if signature.scheme == "hubspot_v3" and signature.url is None:
        report.error(
            (*loc, "signature", "url"),
            "is missing: the address is part of what HubSpot signs",
            "add `url: https://baton.example.com/v1/crm/NAME/events` as HubSpot calls it",
        )
    if signature.secret == connection.auth.secret:
        report.warning(
            (*loc, "signature", "secret"),
            "is also what our own requests are sent with",
            "use a secret of its own for each way",
        )
    for number, change in enumerate(events.changes):
        here = (*loc, "changes", number)
        for pointer in (*change.when, change.owner, change.value, change.reason):
            _check_pointer(here, pointer, report)
        if change.owner is None and change.outcome is None and change.contact is None:
            hint = "add `owner: /pointer`, `outcome: won`, or `contact: {channel: phone, result: reached}`"
            report.error(here, "changes nothing", hint)
        if change.outcome is not None and change.contact is not None:
            hint = "leave `contact` out: whoever reports an outcome has contacted the buyer"
            report.error(here, "says an outcome and a contact at once", hint)
        if change.outcome is None and change.value is not None:
            report.warning((*here, "value"), "says nothing without an outcome", "add `outcome: won`")


def _check_pointer(loc: Loc, pointer: str | None, report: Report) -> None:
    if pointer is not None and not is_pointer(pointer):
        report.error(
            loc,
            f"`{pointer}` is no JSON pointer",
            "write such as /results/0/id; ~ is ~0 and / in a name is ~1",
        )

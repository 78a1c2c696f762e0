"""In which order a CRM is sent what one event asks for: what brings an id goes before what names it."""

from collections.abc import Mapping

from rulebook.crm_text import placeholders
from rulebook.models import CrmCall, CrmRequest


def ids_used(call: CrmCall) -> set[str]:
    """Which kept ids a call names, without `crm.`."""
    found = placeholders([call.path, call.headers, call.body])
    return {each.name[4:] for each in found if each.name.startswith("crm.")}


def in_order(requests: Mapping[str, CrmRequest]) -> list[str]:
    """The names of requests, each after those that keep an id which it names; else by name, those that keep
    an id first. Requests that wait for each other come last."""
    found, waiting = _sorted(requests)
    return found + waiting


def in_circles(requests: Mapping[str, CrmRequest]) -> list[str]:
    """The requests that wait for each other, by the ids that they name."""
    return _sorted(requests)[1]


def _sorted(requests: Mapping[str, CrmRequest]) -> tuple[list[str], list[str]]:
    waiting = sorted(requests, key=lambda name: (requests[name].keep is None, name))
    kept = {each.keep.name: name for name, each in requests.items() if each.keep is not None}
    found: list[str] = []
    while ready := [name for name in waiting if not _before(name, requests[name], kept) - set(found)]:
        found.append(ready[0])
        waiting.remove(ready[0])
    return found, waiting


def _before(name: str, request: CrmRequest, kept: Mapping[str, str]) -> set[str]:
    """The requests that go before this one."""
    calls = [each for each in (request, request.find, request.update) if each is not None]
    used = {each for call in calls for each in ids_used(call)}
    return {kept[each] for each in used if each in kept} - {name}

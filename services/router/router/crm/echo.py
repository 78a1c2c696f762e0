"""Whether a contact that a CRM tells of is what we told it, come back: by what was said. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rulebook.crm_text import fill_body
from rulebook.models import CrmRequest


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact by channel and result, in the words of who said it."""

    channel: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Telling:
    """A contact that we told a CRM of, and how crm.yaml told it; None: it has no such request any more."""

    contact: Contact
    request: CrmRequest | None


def comes_back(
    words: Collection[str], contact: Contact, told: Collection[Telling], *, come_back: int
) -> bool:
    """Whether an event known by `words` is one of those told: each comes back once, and so many have.

    One does if its request sent every one of these words, or if the rep said the very same.
    """
    return sum(_says(each, words, contact) for each in told) > come_back


def _says(telling: Telling, words: Collection[str], contact: Contact) -> bool:
    if _folded(telling.contact) == _folded(contact):
        return True
    return bool(words) and {word.casefold() for word in words} <= _sent(telling)


def _folded(contact: Contact) -> tuple[str, str]:
    return (contact.channel or "").casefold(), (contact.result or "").casefold()


def _sent(telling: Telling) -> set[str]:
    """The words of a request, keys among them; of placeholders those that speak of the contact."""
    if telling.request is None:
        return set()
    contact = telling.contact
    values = {"event.kind": "contacted", "act.channel": contact.channel, "act.result": contact.result}
    calls = (telling.request, telling.request.update)
    bodies = [fill_body(call.body, values) for call in calls if call is not None]
    return {word.casefold() for body in bodies for word in _words(body)}


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from map(str, node)
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _words(each)
    elif node is not None:
        yield str(node)

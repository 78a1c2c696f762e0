"""What is said about one lead, of what is known about it now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from router.domain.leads import profile_as_asked
from router.messages.buyer import answers, before, contact, history, others, persona, score
from router.messages.by_command import assigning, needs_a_decision
from router.messages.facts import ABOUT_THE_LEAD, Facts, Reader
from router.messages.kinds import DECISIONS, LinkAct, MessageKind
from router.messages.letters import Letter, Section
from router.messages.people import one_line, who
from router.messages.promises import promise_data, promise_line, said_of
from router.messages.texts import Words, words_for

_QUIET = frozenset({MessageKind.TAKEN_BACK, MessageKind.BREACHED, MessageKind.SETTLED})
"""Kinds that ask for no act of the reader on the lead."""
_NO_MORE = frozenset({MessageKind.TAKEN_BACK, MessageKind.SETTLED})
"""Kinds that tell of a round that is over, and who has the lead now."""
_FOR_BUYERS = frozenset({MessageKind.ASSIGNED, MessageKind.ASKED_AGAIN, MessageKind.WARNED})
"""Kinds that offer what the company wrote for buyers."""


def compose(kind: MessageKind, facts: Facts, reader: Reader) -> Letter:
    """A message about one lead."""
    words = words_for(reader.language, reader.zone)
    due = facts.promise.due_at if facts.promise is not None else facts.due()
    places = {
        "who": who(facts.profile, words),
        "quadrant": words.say(f"quadrant.{facts.quadrant}"),
        "when": words.moment(due) if due is not None else "-",
        "rep": facts.rep_name,
        "name": reader.name,
    }
    said = said_of(kind, facts, words, places)
    sections: list[Section] = []
    if kind in ABOUT_THE_LEAD:
        sections = [each for each in _about_the_lead(kind, facts, words) if each.lines]
    acts = () if kind in _QUIET or not facts.is_readers else _fitting(kind, facts)
    buttons = [(act, words.say(f"act.{act}"), facts.links[act]) for act in acts if act in facts.links]
    return Letter(
        words.language,
        said.subject,
        said.intro,
        sections,
        buttons,
        _closing(kind, facts, words, has_links=bool(buttons)),
        words.say("heading.content"),
        facts.content if kind in _FOR_BUYERS else (),
        _data(kind, facts),
        said.mark,
    )


def _about_the_lead(kind: MessageKind, facts: Facts, words: Words) -> Iterable[Section]:
    yield Section(words.say("heading.decline"), _declined_because(kind, facts, words))
    yield Section(words.say("heading.deadline"), _deadlines(facts, words))
    yield Section(words.say("heading.decide"), _decided_by(kind, facts))
    yield Section(words.say("heading.contact"), contact(facts, words))
    yield Section(words.say("heading.answers"), answers(facts, words))
    yield Section(words.say("heading.why"), _why(facts, words) if kind is MessageKind.ASSIGNED else [])
    yield Section(words.say("heading.score"), score(facts, words))
    yield Section(words.say("heading.persona"), persona(facts, words))
    yield Section(words.say("heading.history"), history(facts, words))
    yield Section(words.say("heading.other"), others(facts, words))
    yield Section(words.say("heading.before"), before(facts, words))


def _declined_because(kind: MessageKind, facts: Facts, words: Words) -> list[str]:
    if kind is not MessageKind.DECLINE_ASKED or facts.declined_because is None:
        return []
    code, reason = facts.declined_because.get("code"), facts.declined_because.get("reason")
    in_words = words.say(f"choice.{code}") if code else ""
    is_only_the_code = code is not None and reason == code.replace("_", " ")
    own_words = one_line(reason) if reason and not is_only_the_code else ""
    return [each for each in (in_words, own_words) if each]


def _decided_by(kind: MessageKind, facts: Facts) -> list[str]:
    is_asked = kind is MessageKind.BREACHED and needs_a_decision(facts.promise)
    return [assigning(facts.lead_id)] if is_asked else []


def _why(facts: Facts, words: Words) -> list[str]:
    """A line a sentence; as it was decided, in English, where the record is older than its sentences."""
    try:
        return [one_line(words.why(each)) for each in facts.said] or [facts.why]
    except (KeyError, ValueError):
        return [facts.why]


def _deadlines(facts: Facts, words: Words) -> list[str]:
    promised = promise_line(facts, words)
    if promised is not None:
        return [promised]
    if facts.due() is None and facts.contacted_at is not None:
        return []
    found = [
        words.say("deadline.accept", when=words.moment(facts.accept_by))
        if facts.accept_by and not facts.accepted_at
        else "",
        words.say("deadline.respond", when=words.moment(facts.respond_by)) if facts.respond_by else "",
    ]
    return [each for each in found if each] or [words.say("deadline.none")]


def _fitting(kind: MessageKind, facts: Facts) -> tuple[LinkAct, ...]:
    """Acts that the state lets the reader do."""
    if kind is MessageKind.DECLINE_ASKED:
        return tuple(act for act in LinkAct if act in DECISIONS)
    if facts.accepted_at is None and facts.contacted_at is None:
        return (LinkAct.ACCEPT, LinkAct.DECLINE, LinkAct.CONTACTED, LinkAct.REJECT)
    return (LinkAct.CONTACTED, LinkAct.REJECT)


def _closing(kind: MessageKind, facts: Facts, words: Words, *, has_links: bool) -> str:
    said = []
    if kind in _NO_MORE:
        nobody = "now.closed" if facts.is_closed else "now.nobody"
        said.append(words.say("now.with", rep=facts.holder_name) if facts.holder_name else words.say(nobody))
    elif kind not in _QUIET and facts.is_readers and not has_links:
        where = "act.without_links_to_decide" if kind is MessageKind.DECLINE_ASKED else "act.without_links"
        said.append(words.say(where))
    if facts.is_test:
        said.append(words.say("test"))
    return " ".join(said)


def _data(kind: MessageKind, facts: Facts) -> dict[str, Any]:
    """What a webhook gets beside the words."""
    promise = facts.promise
    due = promise.due_at if promise is not None else facts.due()
    data: dict[str, Any] = {
        "kind": kind.value,
        "lead_id": str(facts.lead_id),
        "round": facts.round,
        "is_test": facts.is_test,
    }
    if kind in _NO_MORE:
        return data
    return data | {
        "line": facts.line,
        "quadrant": facts.quadrant,
        "fit": facts.score.get("fit"),
        "interest": facts.score.get("interest"),
        "profile": profile_as_asked(facts.profile, facts.told),
        "source": facts.source,
        "campaign": facts.campaign,
        "due_at": _moment(due),
        "accept_by": _moment(facts.accept_by),
        "respond_by": _moment(facts.respond_by),
        "received_at": _moment(facts.received_at),
        "submissions": facts.submissions,
        **{name: facts.told.get(name) for name in ("persona", "buyer_stage", "consent")},
        "other_leads": [{"line": each.line, "rep": each.rep} for each in facts.others],
        "earlier_leads": [
            {"line": each.line, "ended": each.reason, "at": _moment(each.closed_at), "rep": each.rep}
            for each in facts.earlier
        ],
        "why": facts.why,
        "links": {act.value: link for act, link in facts.links.items()} if facts.is_readers else {},
        "content": [{"title": title, "url": url} for title, url in facts.content],
        **(promise_data(promise) if promise is not None else {}),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None

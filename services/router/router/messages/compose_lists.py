"""What team leads are told of several leads at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from router.messages.by_command import assigning
from router.messages.facts import LateLead, Left, Nobodys, Reader
from router.messages.kinds import MessageKind
from router.messages.letters import Letter, Section
from router.messages.people import who
from router.messages.texts import Words, words_for

SHOWN = 25
"""Leads that one message lists; of more it says how many."""


def compose_left(left: Left, reader: Reader) -> Letter:
    """To a team lead: the open leads that stay with somebody who is away."""
    words = words_for(reader.language, reader.zone)
    places = {"rep": left.rep_name, "name": reader.name, "leads": words.count("leads", len(left.leads))}
    lines = [_named(profile, quadrant, words) for _, profile, quadrant in left.leads]
    return Letter(
        words.language,
        words.say("subject.unattended", **places),
        words.say("intro.unattended", **places),
        [
            Section(words.say("heading.leads"), lines),
            _by_command([(lead, profile) for lead, profile, _ in left.leads], words),
        ],
        data={"kind": MessageKind.UNATTENDED.value, "leads": [str(lead) for lead, _, _ in left.leads]},
    )


def compose_nobodys(nobodys: Nobodys, reader: Reader) -> Letter:
    """To a team lead: leads that wait although nobody of their pool may take them."""
    words = words_for(reader.language, reader.zone)
    number = len(nobodys.leads) + nobodys.more
    places = {"name": reader.name, "place": nobodys.place, "leads": words.count("leads", number)}
    lines = [_named(profile, quadrant, words) for _, profile, quadrant in nobodys.leads[:SHOWN]]
    return Letter(
        words.language,
        words.say("subject.nobodys", **places),
        words.say("intro.nobodys", **places),
        [
            Section(words.say("heading.leads"), lines + _more(number - len(lines), words)),
            _by_command([(lead, profile) for lead, profile, _ in nobodys.leads], words),
        ],
        data={"kind": MessageKind.NOBODYS.value, "leads": [str(lead) for lead, _, _ in nobodys.leads]},
    )


def compose_late(late: Sequence[LateLead], more: int, reader: Reader) -> Letter:
    """To a team lead: answers that are expected to come too late. `more`: those that are not listed."""
    words = words_for(reader.language, reader.zone)
    number = len(late) + more
    places = {"name": reader.name, "leads": words.count("leads", number)}
    lines = [_late_line(each, words) for each in late[:SHOWN]]
    return Letter(
        words.language,
        words.say("subject.late_expected", **places),
        words.say("intro.late_expected", **places),
        [
            Section(words.say("heading.leads"), lines + _more(number - len(lines), words)),
            _by_command([(each.lead_id, each.profile) for each in late], words),
        ],
        data={"kind": MessageKind.LATE_EXPECTED.value, "leads": [str(each.lead_id) for each in late]},
    )


def _by_command(leads: Sequence[tuple[UUID, Mapping[str, Any]]], words: Words) -> Section:
    """How each of the leads that are listed is given to somebody."""
    lines = [f"{who(profile, words)}: {assigning(lead)}" for lead, profile in leads[:SHOWN]]
    return Section(words.say("heading.decide"), lines)


def _named(profile: Mapping[str, Any], quadrant: str, words: Words) -> str:
    return f"{who(profile, words)} ({words.say(f'quadrant.{quadrant}')})"


def _more(number: int, words: Words) -> list[str]:
    """How many are not listed."""
    return [words.say("late.more", leads=words.count("leads", number))] if number > 0 else []


def _late_line(late: LateLead, words: Words) -> str:
    return words.say(
        "late.line",
        who=who(late.profile, words),
        rep=late.rep_name,
        due=words.moment(late.due_at) if late.due_at is not None else "-",
        expected=words.moment(late.answer_at) if late.answer_at is not None else "-",
    )

"""What a rep or a team lead is told of, and what they can answer by a link."""

from collections.abc import Mapping
from enum import StrEnum

from lead_events.words import DeclineCode, ProgressKind, RejectCode


class MessageKind(StrEnum):
    """Why a message is sent; each has its subject and its first sentence in every language."""

    ASSIGNED = "assigned"  # to the rep: the lead is theirs
    ASKED_AGAIN = "asked_again"  # to the rep: the buyer of a lead they have asks once more
    WARNED = "warned"  # to the rep: a promise is about to run out
    BREACHED = "breached"  # to the team lead: a promise of the rep was broken
    REMINDED = "reminded"  # to the rep and to the team lead: the promise is broken, and still open
    TAKEN_BACK = "taken_back"  # to the rep: the lead went on without an act of theirs
    UNATTENDED = "unattended"  # to the team lead: open leads stay with somebody who is away
    LATE_EXPECTED = "late_expected"  # to the team lead: answers that are expected to come too late, together
    DECLINE_ASKED = (
        "decline_asked"  # to the team lead: a decline above the week's number waits for their word
    )
    NOBODYS = "nobodys"  # to a team lead: leads that nobody of their pool may take, together
    SETTLED = "settled"  # in place of a posted message with buttons: the round is over, and who has the lead


TO_TEAM_LEADS = frozenset(
    {
        MessageKind.BREACHED,
        MessageKind.UNATTENDED,
        MessageKind.LATE_EXPECTED,
        MessageKind.DECLINE_ASKED,
        MessageKind.NOBODYS,
    }
)
WITH_BUTTONS = frozenset(
    {MessageKind.ASSIGNED, MessageKind.ASKED_AGAIN, MessageKind.WARNED, MessageKind.REMINDED}
)
"""Kinds whose buttons are the rep's acts on the round."""


class LinkAct(StrEnum):
    """What one link does, and nothing else. Its place is its number in a link: add at the end only."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONTACTED = "contacted"
    REJECT = "reject"
    CONFIRM = "confirm"  # of a team lead: the decline holds
    REFUSE = "refuse"  # of a team lead: the lead stays with its rep


DECISIONS = frozenset({LinkAct.CONFIRM, LinkAct.REFUSE})
"""Acts on a decline that waits, not on a round."""

ACT_OF = {
    LinkAct.ACCEPT: ProgressKind.ACCEPTED,
    LinkAct.DECLINE: ProgressKind.DECLINED,
    LinkAct.CONTACTED: ProgressKind.CONTACTED,
    LinkAct.REJECT: ProgressKind.REJECTED,
}

CHOICES: dict[LinkAct, dict[str, tuple[str, ...]]] = {
    LinkAct.ACCEPT: {},
    LinkAct.DECLINE: {"code": tuple(each.value for each in DeclineCode)},
    LinkAct.CONTACTED: {
        "channel": ("phone", "email", "meeting"),
        "result": ("reached", "no_answer", "left_message"),
    },
    LinkAct.REJECT: {"code": tuple(each.value for each in RejectCode)},
    LinkAct.CONFIRM: {},
    LinkAct.REFUSE: {},
}
"""What has to be chosen with an act: a field of the act, and the answers offered for it."""

WRITTEN: dict[LinkAct, str] = {LinkAct.REJECT: "duplicate_of"}
"""What may be written with an act, on a page."""


def content_of(act: LinkAct, chosen: Mapping[str, str]) -> dict[str, str] | None:
    """The act's content from what was chosen; None when something is missing or was not offered."""
    wanted = CHOICES[act]
    content = {field: chosen.get(field, "") for field in wanted}
    if not all(content[field] in answers for field, answers in wanted.items()):
        return None
    if "code" in content:
        content["reason"] = content["code"].replace("_", " ")
    written = chosen.get("duplicate_of", "").strip()
    if act is LinkAct.REJECT and content["code"] == RejectCode.DUPLICATE and written:
        content["duplicate_of"] = written[:254].replace("\x00", "")
    return content

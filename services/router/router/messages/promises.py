"""What is said of one promise: that it runs out, was broken or is still open; of a trial that it is one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lead_events.words import TimerKind
from router.messages.facts import Facts, PromiseFacts
from router.messages.kinds import MessageKind
from router.messages.texts import Words

_LINES = {TimerKind.ACCEPT: "deadline.accept", TimerKind.FIRST_RESPONSE: "deadline.respond"}
_OF_THE_HANDOFF = frozenset(_LINES)
"""Promises whose deadlines every message about the lead shows."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a letter begins; `mark`: that nothing follows from it, else empty."""

    subject: str
    intro: str
    mark: str = ""


def said_of(kind: MessageKind, facts: Facts, words: Words, places: Mapping[str, str]) -> Opening:
    """Subject and first sentence, in words of the promise that the message is about."""
    promise = facts.promise
    about = promise.kind.value if promise is not None else ""
    if promise is not None and kind is MessageKind.REMINDED:
        opening = _reminder(promise, facts, words, places)
    else:
        opening = Opening(
            words.say_of(f"subject.{kind}", about, **places), words.say_of(f"intro.{kind}", about, **places)
        )
    if promise is not None and promise.gone is not None:
        subject = words.say("subject.gone", subject=opening.subject, gone=f"{promise.gone:.0%}")
        opening = replace(opening, subject=subject)
    if promise is None or promise.trial is None:
        return opening
    intro = words.say("trial.breached", **places) if kind is MessageKind.BREACHED else opening.intro
    return Opening(
        words.say("trial.subject", subject=opening.subject),
        intro,
        words.say("trial.mark", agreement=promise.trial),
    )


def _reminder(promise: PromiseFacts, facts: Facts, words: Words, places: Mapping[str, str]) -> Opening:
    counted = {"number": promise.number, "most": promise.most}
    subject = words.say_of("subject.reminded", promise.kind.value, **places, **counted)
    if facts.is_readers:
        return Opening(subject, words.say("intro.reminded", **places))
    whose = words.say("subject.reminded_lead", reminder=subject, **places)
    return Opening(whose, words.say("intro.reminded_lead", **places))


def promise_line(facts: Facts, words: Words) -> str | None:
    """The deadline to show; None: those of the handoff, as they are kept."""
    promise = facts.promise
    if promise is None or (promise.kind in _OF_THE_HANDOFF and promise.trial is None):
        return None
    return words.say(_LINES.get(promise.kind, f"deadline.{promise.kind}"), when=words.moment(promise.due_at))


def promise_data(promise: PromiseFacts) -> dict[str, Any]:
    """What a webhook gets of it."""
    data: dict[str, Any] = {"promise": promise.kind.value, "trial_of": promise.trial}
    if promise.number is not None:
        data |= {"number": promise.number, "at_most": promise.most}
    return data

"""What is known of the buyer, a line each: who they are, what they told a form, did and agreed to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lead_events.money import minor_digits
from router.domain.leads import as_asked
from router.messages.facts import EarlierLead, Facts
from router.messages.people import one_line
from router.messages.texts import WHY, Words

CONTRIBUTIONS = 12
ASKS = 10
"""The last so many; how often the buyer wrote in all is said beside them."""
ANSWERS = 25
"""Of what a form asked beside the usual; of more it is said how many."""
LONGEST_ANSWER = 300


def contact(facts: Facts, words: Words) -> list[str]:
    """Who it is, and how to reach them."""
    profile = facts.profile
    full = " ".join(filter(None, (profile.get("first_name"), profile.get("last_name"))))
    place = (profile.get(name) for name in ("postcode", "city", "region", "country"))
    values = {
        "name": profile.get("name") or full,
        "company": profile.get("company"),
        "job_title": profile.get("job_title"),
        "email": profile.get("email"),
        "phone": _phone(profile),
        "place": " ".join(str(each) for each in place if each),
        "language": profile.get("language"),
        "message": profile.get("message"),
        "account": _account(facts.account, words),
        **{name: profile.get(name) for name in ("industry", "employees", "website")},
    }
    return _labelled(values, words)


def _phone(profile: Mapping[str, Any]) -> str | None:
    phone, extension = profile.get("phone") or profile.get("phone_raw"), profile.get("phone_extension")
    return f"{phone} ({extension})" if phone and extension else phone


def _account(account: Mapping[str, Any] | None, words: Words) -> str | None:
    return f"{account['name']}, {words.say('standing.' + account['standing'])}" if account else None


def answers(facts: Facts, words: Words) -> list[str]:
    """What only this form asked, by the names of its fields and in its order."""
    said = [
        (name.replace("_", " ").strip(), _answered(value, words))
        for name, value in as_asked(facts.profile, facts.told).items()
    ]
    lines = [one_line(f"{name}: {value}", LONGEST_ANSWER) for name, value in said if value]
    more = len(lines) - ANSWERS
    return lines[:ANSWERS] + ([words.say("late.more", leads=more)] if more > 0 else [])


def _answered(value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return words.say("answer.yes" if value else "answer.no")
    if isinstance(value, list):
        return ", ".join(filter(None, (_answered(each, words) for each in value)))
    return str(value) if value is not None else ""


def score(facts: Facts, words: Words) -> list[str]:
    """Both scores, and what they are made of."""
    known = facts.score
    first = words.say(
        "score.both",
        quadrant=words.say(f"quadrant.{facts.quadrant}"),
        fit=known.get("fit", 0),
        interest=known.get("interest", 0),
    )
    counted = [each for each in known.get("contributions", []) if each["points"] and not each.get("error")]
    largest = sorted(counted, key=lambda each: -abs(each["points"]))[:CONTRIBUTIONS]
    return [
        first,
        *(
            one_line(f"{words.say('score.' + each['dimension'])} {each['points']:+d}: {each['reason']}")
            for each in largest
        ),
    ]


def persona(facts: Facts, words: Words) -> list[str]:
    """Whom the rep talks to: what such buyers want and doubt, and how far they are."""
    known, stage = facts.told.get("persona"), facts.told.get("buyer_stage")
    values = {"stage": words.say(f"stage.{stage}") if stage else None}
    if known is None:
        return _labelled(values, words)
    values |= {
        "goals": "; ".join(known.get("goals") or []),
        "objections": "; ".join(known.get("objections") or []),
    }
    return [one_line(known["name"]), *_labelled(values, words)]


def history(facts: Facts, words: Words) -> list[str]:
    """When they came, how often, from where, and what they agreed to."""
    attribution = facts.told.get("attribution") or {}
    values = {
        "line": facts.line,
        "source": facts.source,
        "campaign": facts.campaign,
        "referrer": attribution.get("referrer"),
        "landing_page": attribution.get("landing_page"),
        "value": _money(facts.told.get("expected_value")),
        "consent": _consent(facts.told.get("consent"), words),
    }
    received = facts.received_at
    return [
        *([words.say("history.received", when=words.moment(received))] if received is not None else []),
        words.count("submissions", facts.submissions),
        *(words.say("history.asked", when=words.moment(at)) for at in facts.asked_at[-ASKS:]),
        *_labelled(values, words),
    ]


def _consent(consent: Mapping[str, Any] | None, words: Words) -> str | None:
    if consent is None:
        return None
    purposes, at = consent.get("purposes"), consent.get("at")
    said = (
        words.say("consent.given" if consent.get("given") else "consent.refused"),
        consent.get("text"),
        words.say("consent.purposes", purposes=", ".join(purposes)) if purposes else None,
        words.moment(datetime.fromisoformat(at)) if at else None,
    )
    return "; ".join(filter(None, said))


def _money(value: Mapping[str, Any] | None) -> str | None:
    """In whole units: it is an estimate."""
    if value is None:
        return None
    return f"{round(value['minor'] / 10 ** minor_digits(value['currency']))} {value['currency']}"


def others(facts: Facts, words: Words) -> list[str]:
    """Their other open leads, and who has each."""
    return [_other(each.line, each.rep, words) for each in facts.others]


def _other(line: str, rep: str | None, words: Words) -> str:
    said = words.say("other.with", line=line, rep=rep) if rep else words.say("other.waits", line=line)
    return one_line(said)


def before(facts: Facts, words: Words) -> list[str]:
    """Their earlier leads: how each ended, when, and who had it."""
    return [_ended(each, words) for each in facts.earlier]


def _ended(lead: EarlierLead, words: Words) -> str:
    how = WHY[words.language][f"closed.{lead.reason}"]
    said = (f"{lead.line}: {how}", words.moment(lead.closed_at), lead.rep)
    return one_line(", ".join(filter(None, said)))


def _labelled(values: Mapping[str, Any], words: Words) -> list[str]:
    return [
        f"{words.say('label.' + name)}: {one_line(str(value))}" for name, value in values.items() if value
    ]

"""Why a decision is as it is, in sentences a manager understands. Nothing about the buyer stands in them.

What is said is made here, as keys and values; `why_words.py` has it in English.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from lead_events.words import AccountStanding, CloseReason, HoldReason, Quadrant
from router.domain.book import (
    COMPETITORS,
    CUSTOMERS,
    FALLBACK,
    ON_ERROR,
    TEAM,
    UNSPOKEN,
    WAITED,
    PoolChoice,
)
from router.domain.decision import Decision
from router.domain.eligibility import CODES, Standing
from router.domain.needs import NO_NEEDS, Needs
from router.domain.owners import Belonging, Owner, Passed, Waits
from router.domain.roster import Rep
from router.domain.said import Said, Value, said, say
from router.domain.why_words import ENGLISH


@dataclass(frozen=True)
class Why:
    """Sentences, the most telling first."""

    parts: tuple[Said, ...]

    @cached_property
    def text(self) -> str:
        """In English, in one line, with moments in UTC."""
        return "; ".join(say(each, ENGLISH, _moment) for each in self.parts)

    def document(self) -> list[dict[str, Any]]:
        """As it is kept, to be put into the words of any language."""
        return [each.document() for each in self.parts]


@dataclass(frozen=True, slots=True)
class Around:
    """What beside the decision explains it.

    `needs`: what the lead asked for; `prefers_until`: when what it only prefers is given up, if that is to
    come; `after`: from whom it was taken just before; `is_outside`: the owner is not of the pool.
    """

    needs: Needs = NO_NEEDS
    prefers_until: datetime | None = None
    after: Said | None = None
    is_outside: bool = False


_NO_MORE = Around()
_CAN = frozenset({Standing.CHOSEN, Standing.AVAILABLE, Standing.OWNER, Standing.OPENS_FIRST})
_NOT_NOW = sorted(set(Standing) - _CAN, key=lambda standing: ENGLISH[f"standing.{standing.value}"])


def why_assigned(
    rep: Rep, decision: Decision, choice: PoolChoice, owner: Owner | None = None, around: Around = _NO_MORE
) -> Why:
    """Why this rep got the lead; `owner`: as whose it is theirs."""
    values: dict[str, Value] = {
        "rep": rep.name,
        "reason": _why_this_one(decision, choice, owner),
        "held": decision.opens[decision.pool.place(rep.id)] + 1,
        "capacity": rep.capacity,
    }
    if around.is_outside:
        parts = [Said("assigned.outside", values)]
    else:
        parts = [Said("assigned", {**values, "pool": decision.pool.name})]
    parts += _about_time(decision)
    parts += _given_up(rep, around.needs) if owner is None else []
    parts += _counted("others", decision)
    parts += _after(around)
    parts += _where_else(decision, choice)
    parts += [said("otherwise", pool=decision.pool.name)] if around.is_outside else []
    return Why((*parts, *_by_rule(choice)))


def _why_this_one(decision: Decision, choice: PoolChoice, owner: Owner | None) -> Said:
    if decision.count(Standing.OPENS_FIRST):
        return said("reason.opens_first")
    if owner is not None and owner.belonging is not Belonging.ACCOUNT:
        return said(f"reason.{owner.belonging.value}")
    if decision.count(Standing.OWNER):
        if choice.standing is AccountStanding.NONE:
            return said("reason.account")
        return said("reason.account_of", account=said(f"account.{choice.standing.value}"))
    if decision.count(Standing.NOT_OWNER):
        return said("reason.import")
    able = decision.count(Standing.CHOSEN, Standing.AVAILABLE)
    if able == 1:
        return said("reason.only_in_time" if decision.count(Standing.TOO_LATE) else "reason.only")
    key = f"reason.{decision.pool.terms.strategy}"
    return said(key if key in ENGLISH else "reason.weighted_round_robin", able=able)


def _about_time(decision: Decision) -> list[Said]:
    """What the promise of an answer did to the choice."""
    if decision.is_late and decision.answer_at is not None:
        key = "late.owner" if decision.count(Standing.OWNER) else "late"
        return [said(key, at=decision.answer_at)]
    if decision.overruled is not None:
        return [said("overruled", rep=decision.pool.reps[decision.overruled].name)]
    return []


def _given_up(rep: Rep, needs: Needs) -> list[Said]:
    """What the lead prefers and this rep has not."""
    found = []
    if needs.language_match == "preferred" and needs.languages and not needs.languages & rep.languages:
        found.append(said("language_given_up"))
    if needs.skills_match == "preferred" and not needs.skills <= rep.skills:
        found.append(said("skill_given_up"))
    return found


def why_held(decision: Decision, choice: PoolChoice, around: Around = _NO_MORE) -> Why:
    """Why nobody got it, and when it is tried again."""
    reason = decision.hold_reason or HoldReason.POOL_EMPTY
    parts = [said("held", pool=decision.pool.name, reason=said(f"held.{reason.value}"))]
    if decision.next_try_at is not None:
        parts.append(said("next_try", at=decision.next_try_at))
    if around.prefers_until is not None and decision.count(Standing.OTHER_LANGUAGE, Standing.NO_SKILL):
        parts.append(said("prefers", at=around.prefers_until))
    return Why((*parts, *_counted("reps", decision), *_after(around), *_by_rule(choice)))


def why_no_pool(line: str, *, has_rulebook: bool) -> Why:
    """Why there is no pool to choose from."""
    return Why((said("held.no_plan", line=line) if has_rulebook else said("held.no_rulebook"),))


def why_by_hand(rep: Rep, by: str) -> Why:
    """Somebody decided so. Their reason may be about the buyer, and stands with the order only."""
    return Why((said("by_hand", rep=rep.name, by=by),))


def why_found(rep: Rep) -> Why:
    """The rep entered the lead."""
    return Why((said("found", rep=rep.name),))


def why_as_crm_says(rep: Rep, crm: str) -> Why:
    """A CRM names another owner."""
    return Why((said("as_crm_says", rep=rep.name, crm=crm),))


def why_taken_back(rep_name: str, gone: Said) -> Why:
    """Why a round ended without the rep's own closing."""
    return Why((said("taken_back", rep=rep_name, gone=gone),))


def gone_by(ended_by: Standing) -> Said:
    """What the rep did, or did not do, with the lead."""
    return said(f"gone.{ended_by.value}")


def why_kept_back(standing: AccountStanding) -> Why:
    """Why a lead goes to no rep at all."""
    return Why((said("kept_back", account=said(f"account.{standing.value}")),))


def why_passed(passed: Passed) -> Said:
    """Why an owner does not get the lead."""
    owner, rep, standing = passed.owner, passed.rep, passed.standing
    if rep is None or standing is None:
        return said(f"unknown.{owner.belonging.value}", rep=owner.named)
    return said(f"passed.{owner.belonging.value}", rep=rep.name, standing=said(f"standing.{standing.value}"))


def why_waits(waits: Waits, owner: Owner, around: Around = _NO_MORE) -> Why:
    """Why a lead waits although others could take it."""
    held = said(
        "held.for",
        rep=waits.rep.name,
        whose=said(f"whose.{owner.belonging.value}"),
        standing=said(f"standing.{waits.standing.value}"),
        at=waits.look_at,
    )
    return Why((held, *_after(around)))


def why_left_queue(quadrant: Quadrant) -> Why:
    """Why a lead that waited goes to nobody for now."""
    return Why((said("left_queue", quadrant=said(f"quadrant.{quadrant.value}")),))


def why_closed(reason: CloseReason, rep_name: str | None) -> Why:
    """Why the lead's cycle ended."""
    because = said(f"closed.{reason.value}")
    if rep_name:
        return Why((said("closed.by", rep=rep_name, reason=because),))
    return Why((said("closed", reason=because),))


def _after(around: Around) -> list[Said]:
    return [around.after] if around.after is not None else []


def after(rep_name: str, gone: Said) -> Said:
    """Before another got it, it was taken from this rep."""
    return said("after", rep=rep_name, gone=gone)


def _where_else(decision: Decision, choice: PoolChoice) -> list[Said]:
    """Another pool than the rules chose stands in for it, since it is open."""
    if choice.pool is None or decision.pool.id == choice.pool:
        return []
    return [said("follows_the_sun", pool=choice.pool, next=decision.pool.name)]


_PLAIN_RULES = frozenset({CUSTOMERS, COMPETITORS, UNSPOKEN, WAITED, FALLBACK, ON_ERROR, TEAM})
"""What chose a pool without being a rule of the plan."""


def _by_rule(choice: PoolChoice) -> Iterator[Said]:
    yield from choice.owner_cannot
    if choice.waited_since is not None:
        yield said("waited_since", at=choice.waited_since)
    if choice.unconsented:
        yield said("unconsented", rules=", ".join(choice.unconsented))
    if choice.rule in _PLAIN_RULES:
        yield said(f"rule.{choice.rule}")
    else:
        yield from _rule(choice.rule or "", choice.because, choice.territory)
    if choice.errors:
        yield said("broken", rules=", ".join(error.rule for error in choice.errors))


def _rule(name: str, because: str | None, territory: str | None) -> Iterator[Said]:
    yield said("rule.because", rule=name, because=because) if because else said("rule", rule=name)
    if territory and territory not in (because or ""):
        yield said("territory", territory=territory)


def _counted(key: str, decision: Decision) -> list[Said]:
    """How many reps stood how, but for those who could have had it."""
    if decision.count(*_CAN) == len(decision.codes):
        return []
    counts = {standing: decision.codes.count(CODES[standing]) for standing in _NOT_NOW}
    found = tuple(
        said("count", number=number, standing=said(f"standing.{standing.value}"))
        for standing, number in counts.items()
        if number
    )
    return [said(key, counts=found)] if found else []


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a %Y-%m-%d %H:%M UTC")

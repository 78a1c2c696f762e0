"""Who goes before the pool: the rep who knows the person, then the owner of the account."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from router.domain.accounts import Named, rep_named
from router.domain.book import PoolChoice
from router.domain.decision import OWNER_LOOK, Decision, RoutableLead, decide_for_owner
from router.domain.eligibility import Standing, room
from router.domain.pool import Pool
from router.domain.roster import Load, Presence, Rep

LOOK_AGAIN = timedelta(minutes=1)
"""How often a lead that waits for an owner without a place looks whether there is one."""


class Belonging(StrEnum):
    """Why a lead belongs to a rep."""

    PERSON = "person"
    ACCOUNT = "account"
    NAMED_ACCOUNT = "named_account"


@dataclass(frozen=True, slots=True)
class Owner:
    """A rep as the plan or the CRM names them, and why the lead is theirs."""

    named: str
    belonging: Belonging


@dataclass(frozen=True, slots=True)
class Waits:
    """The owner cannot take the lead now, and it waits for them: until when at most, and the next look."""

    rep: Rep
    standing: Standing
    look_at: datetime


@dataclass(frozen=True, slots=True)
class Passed:
    """An owner does not get the lead, and what keeps them from it; None: the roster does not know them."""

    owner: Owner
    rep: Rep | None
    standing: Standing | None


Asked = tuple[Decision | Waits | None, list[Passed], Owner | None]
"""What the owners came to, who was passed over, and whose it is."""


def owners_of(choice: PoolChoice, person_owner: str | None) -> list[Owner]:
    """Whom to ask, in this order."""
    found = []
    if person_owner is not None and choice.owners.person:
        found.append(Owner(person_owner, Belonging.PERSON))
    if choice.owner is not None:
        of = Belonging.NAMED_ACCOUNT if choice.is_named_account else Belonging.ACCOUNT
        found.append(Owner(choice.owner, of))
    return found


def ask_owners(
    owners: Iterable[Owner],
    choice: PoolChoice,
    pool: Pool,
    lead: RoutableLead,
    reps: Mapping[str, Rep],
    members: Iterable[Named],
    now: datetime,
    may_have: Callable[[Rep], bool] = lambda _: True,
) -> Asked:
    """The first owner who can take the lead, or for whom it waits by the plan's policy.

    `reps`: those locked. An owner who is not is no part of this decision, and is left out. `may_have`:
    whether the person agreed to that rep, if that is a partner.
    """
    known = list(members)
    passed: list[Passed] = []
    for owner in owners:
        identity = rep_named(owner.named, known)
        if identity is None:
            passed.append(Passed(owner, None, None))
            continue
        rep = reps.get(identity)
        if rep is None:
            continue
        found = decide_for_owner(rep, pool, lead, now) if may_have(rep) else Standing.UNCONSENTED
        if isinstance(found, Decision):
            return found, passed, owner
        until = _waits_until(rep, found, choice, pool, lead, now)
        if until is not None:
            return Waits(rep, found, until), passed, owner
        passed.append(Passed(owner, rep, found))
    return None, passed, None


_COMES_BACK = frozenset(
    {Standing.OUTSIDE_HOURS, Standing.ABSENT, Standing.FULL, Standing.DAY_FULL, Standing.WEEK_FULL}
)


def _waits_until(
    rep: Rep, standing: Standing, choice: PoolChoice, pool: Pool, lead: RoutableLead, now: datetime
) -> datetime | None:
    """When to look again, if the lead is to wait for this owner; never beyond what the plan allows. A pool
    of account owners has nobody else, and waits without end."""
    is_theirs_alone = pool.terms.strategy == "account_owner"
    if standing not in _COMES_BACK or (choice.owners.when_away != "wait" and not is_theirs_alone):
        return None
    at_most = (lead.since or now) + choice.owners.wait_at_most
    if is_theirs_alone:
        at_most = now + OWNER_LOOK
    if now >= at_most:
        return None
    is_away = standing in (Standing.OUTSIDE_HOURS, Standing.ABSENT)
    soon = rep.next_open(now) if is_away else now + LOOK_AGAIN
    return min(at_most, soon) if soon is not None else at_most


def may_come(passed: Iterable[Passed]) -> str | None:
    """Of owners who do not get a lead those who may later, one a line: who comes back or is full, is not in
    the roster, or not active."""
    may = {None, Standing.INACTIVE, *_COMES_BACK}
    names = [each.owner.named for each in passed if each.standing in may]
    return "\n".join(names) or None


def names_of(waits_for: str) -> list[str]:
    """The owners that `may_come` wrote down."""
    return waits_for.split("\n")


def room_of_owner(rep: Rep, load: Load, now: datetime) -> int:
    """How many leads an owner can take now, if they are asked."""
    if not rep.is_active or rep.presence(now) is not Presence.OPEN:
        return 0
    return rep.capacity - load.open if room(rep, load, None) is Standing.AVAILABLE else 0

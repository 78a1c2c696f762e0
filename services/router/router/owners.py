"""The owner of a lead's account, asked before the pool."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from router.domain.accounts import Named, rep_named
from router.domain.book import PoolChoice
from router.domain.decision import Decision, decide_for_owner
from router.domain.leads import Lead
from router.domain.pool import Pool
from router.domain.roster import Rep
from router.domain.why import why_no_owner, why_owner_cannot


def ask_owner(
    lead: Lead,
    pool: Pool,
    choice: PoolChoice,
    reps: Mapping[str, Rep],
    members: Iterable[Named],
    now: datetime,
) -> tuple[PoolChoice, Decision | None]:
    """The decision that gives a lead to its account's owner; else the choice with why they do not get it.

    `reps`: those locked. An owner who is not is of another pool, and the lead has waited in this one.
    """
    if choice.owner is None or lead.handling is not None:
        return choice, None
    identity = rep_named(choice.owner, members)
    if identity is None:
        return replace(choice, owner_cannot=why_no_owner(choice.owner)), None
    if identity not in reps:
        return choice, None
    rep = reps[identity]
    found = decide_for_owner(rep, pool, lead.routable(), now)
    if isinstance(found, Decision):
        return choice, found
    return replace(choice, owner_cannot=why_owner_cannot(rep.name, found)), None

"""Who could take leads that wait, kind by kind: answered from what is known of a line's reps, without a look
at every rep for every kind.

It answers as `decide` would for each lead of the kind: a drain is due for what somebody here can take.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from router.domain.decision import RoutableLead
from router.domain.eligibility import AT_WORK_WITHOUT_PLACE, CODES, MAY_LATER, Eligible, Kind, Standing
from router.domain.pool import Pool
from router.domain.roster import Rep

_FULL = CODES[Standing.FULL]
_MAY_LATER = bytes(CODES[standing] for standing in MAY_LATER)
_AT_WORK = bytes(CODES[standing] for standing in AT_WORK_WITHOUT_PLACE)


def able_now(pool: Pool, lead: RoutableLead, now: datetime, freed: Collection[str] = ()) -> Iterator[str]:
    """Who could take a lead like this now by turn; of `freed`, also those still full."""
    if pool.terms.strategy == "account_owner":
        return
    of_line, asked = _of_line(pool, lead, now), _asked(pool, lead, now)
    full = [name for name in freed if name in pool.reps and of_line.codes[pool.place(name)] == _FULL]
    for names in (of_line.able, full):
        for name in names:
            if name not in lead.excluded and asked.suits(pool.reps[name]):
                yield name


def able_by_the_sun(pools: Iterable[Pool], lead: RoutableLead, now: datetime) -> Iterator[tuple[Pool, str]]:
    """Who could take a lead like this now, in the first of these pools where somebody is at work for it; the
    pools as they follow each other."""
    for pool in pools:
        if pool.terms.strategy == "account_owner":
            return  # nobody there takes it by turn
        found = False
        for name in able_now(pool, lead, now):
            found = True
            yield pool, name
        if found or any(code in _AT_WORK for _, code in _suited(pool, lead, now)):
            return


def is_nobodys(pools: Iterable[Pool], lead: RoutableLead, now: datetime) -> bool:
    """Whether nobody of these pools may ever take a lead like this, as things stand; pools of account owners
    aside, which have nobody to take one by turn."""
    return not any(
        pool.terms.strategy == "account_owner" or any(True for _ in _suited(pool, lead, now))
        for pool in pools
    )


def is_unmet(pool: Pool, lead: RoutableLead, now: datetime) -> bool:
    """Whether nobody of the pool who may have it has what it needs, though there are others."""
    of_line, asked = _of_line(pool, lead, now), _asked(pool, lead, now)
    others = False
    for rep, code in zip(pool.reps.values(), of_line.codes, strict=True):
        if code in _MAY_LATER and not asked.suits(rep):
            others = True
        elif code in _MAY_LATER and rep.id not in lead.excluded:
            return False
    return others


def _of_line(pool: Pool, lead: RoutableLead, now: datetime) -> Eligible:
    return pool.eligible(Kind(lead.line, terms=lead.terms), now)


def _asked(pool: Pool, lead: RoutableLead, now: datetime) -> Kind:
    """What the lead asks for now: what it prefers, too, until it gives that up and if anybody ever has it."""
    relaxes_at, strict = lead.relaxes_at(), lead.kind(strict=True)
    if relaxes_at is not None and now < relaxes_at:
        codes = _of_line(pool, lead, now).codes
        if any(True for _ in _of_kind(pool, codes, strict, lead.excluded)):
            return strict
    return lead.kind(strict=False)


def _suited(pool: Pool, lead: RoutableLead, now: datetime) -> Iterator[tuple[Rep, int]]:
    """Those who may ever take it, each with how they stand."""
    return _of_kind(pool, _of_line(pool, lead, now).codes, _asked(pool, lead, now), lead.excluded)


def _of_kind(
    pool: Pool, codes: bytearray, kind: Kind, excluded: Collection[str]
) -> Iterator[tuple[Rep, int]]:
    for rep, code in zip(pool.reps.values(), codes, strict=True):
        if code in _MAY_LATER and rep.id not in excluded and kind.suits(rep):
            yield rep, code

"""What a decision leaves to be checked by: who stood how, and by which numbers the choice was made.

A full proof names every rep of the pool: how each stood (one letter, see `eligibility.CODES`), what each had
in hand, and the numbers of the strategy. Of a pool of more than FULL_UP_TO reps a digest of how all stood is
kept, and the numbers of the NEAREST whose turn it would have been next. Either way the choice can be made
again from the record alone, with the reps, their weights and capacities under `members`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from router.domain.decision import Decision
from router.domain.eligibility import STANDINGS, Standing
from router.domain.roster import Load
from router.domain.strategies.choosers import chooser_of
from router.domain.strategies.round_robin import Period
from router.domain.strategies.value_fair import Worth

FULL_UP_TO = 200
"""Reps of a pool whose proof names all of them."""
NEAREST = 20
_OF_THE_SET = frozenset({Standing.CHOSEN, Standing.AVAILABLE, Standing.TOO_LATE})
"""Those among whom the strategy chose, whoever was passed over with them."""

Row = Sequence[Any]
"""Rep, weight and capacity."""


def proof_of(decision: Decision) -> dict[str, Any]:
    """Of a decision that has not been carried out yet: what it leaves. JSON-ready."""
    pool = decision.pool
    proof: dict[str, Any] = {"members": pool.members.digest, "strategy": pool.terms.strategy}
    if decision.is_late:
        proof["is_late"] = True
    if decision.overruled is not None:
        proof["overruled"] = decision.overruled
    if decision.answer_at is not None:
        proof["answer_at"] = decision.answer_at.isoformat()
    if len(pool.reps) <= FULL_UP_TO:
        names = list(pool.reps)
        proof |= {"proof": "full", "standings": decision.codes.decode(), "open": list(decision.opens)}
    else:
        names = _nearest(decision)
        proof |= _digest(decision, names)
    if decision.proposal is not None:
        proof["numbers"] = pool.chooser.numbers(decision.proposal.state, names, pool.loads)
    return proof


def _nearest(decision: Decision) -> list[str]:
    if decision.proposal is None:
        return []
    found = decision.pool.chooser.nearest(decision.proposal.state, NEAREST)
    return found if decision.proposal.rep in found else [*found, decision.proposal.rep]


def _digest(decision: Decision, names: Sequence[str]) -> dict[str, Any]:
    """How many stood how, a digest of all standings, and those nearest in full."""
    places = [decision.pool.place(name) for name in names]
    counts = {STANDINGS[code].value: decision.codes.count(code) for code in sorted(set(decision.codes))}
    return {
        "proof": "digest",
        "counts": counts,
        "digest": hashlib.sha256(decision.codes).hexdigest()[:32],
        "nearest": names,
        "standings": bytes(decision.codes[place] for place in places).decode(),
        "open": [decision.opens[place] for place in places],
    }


def candidates_of(proof: Mapping[str, Any], members: Sequence[Row]) -> list[dict[str, Any]]:
    """The reps of a proof as people read them; `owed` is what spoke for each, the larger the sooner: leads,
    or by value minor units for each unit of weight. `last_lead_at`: where that counted, too."""
    rows = _rows(proof, members)
    owed = _owed(proof, rows)
    idle = proof.get("numbers", {}).get("idle")
    last = {row[0]: _moment(seconds) for row, seconds in zip(rows, idle or (), strict=False)}
    return [
        {
            "rep": row[0],
            "standing": STANDINGS[ord(code)].value,
            "open": held,
            "capacity": row[2],
            "weight": row[1],
            "owed": owed.get(row[0]),
            **({"last_lead_at": last[row[0]]} if idle else {}),
        }
        for row, code, held in zip(rows, proof["standings"], proof["open"], strict=True)
    ]


def choose_again(proof: Mapping[str, Any], members: Sequence[Row]) -> str | None:
    """The rep whom the choice names when it is made again from the record alone; None where nobody was.

    An owner, and whoever opens first alone, was chosen by no strategy: the record names them.
    """
    rows = _rows(proof, members)
    standings = {row[0]: STANDINGS[ord(code)] for row, code in zip(rows, proof["standings"], strict=True)}
    named = [rep for rep, found in standings.items() if found in (Standing.OWNER, Standing.OPENS_FIRST)]
    if named or "numbers" not in proof:
        return named[0] if named else None
    able = {row[0]: row[1] for row in rows if standings[row[0]] in _OF_THE_SET}
    in_time = {name: weight for name, weight in able.items() if standings[name] is not Standing.TOO_LATE}
    chooser = chooser_of(proof["strategy"], _memory(proof, able, rows))
    loads = {
        row[0]: Load(open=held, last_assigned_at=_moment(idle))
        for row, held, idle in zip(rows, proof["open"], _idle(proof, rows), strict=True)
    }
    return chooser.propose(able, loads, {}, in_time if len(in_time) < len(able) else None).rep


def _rows(proof: Mapping[str, Any], members: Sequence[Row]) -> list[Row]:
    if proof["proof"] == "full":
        return list(members)
    by_name = {row[0]: row for row in members}
    return [by_name[name] for name in proof["nearest"]]


def _memory(proof: Mapping[str, Any], able: Mapping[str, int], rows: Sequence[Row]) -> Period | Worth:
    numbers = proof["numbers"]
    names = [row[0] for row in rows]
    if "level" in numbers:
        return Worth(dict(zip(names, numbers["level"], strict=True)), floor=float("-inf"))
    served = {
        name: count for name, count in zip(names, numbers.get("served", []), strict=False) if name in able
    }
    carried = dict(zip(names, numbers.get("carried", []), strict=False))
    if "levels" in numbers:
        return Period.excerpt(able, carried, numbers["steps"], served, numbers["levels"])
    return Period(able, carried, numbers.get("steps", 0), served)


def _idle(proof: Mapping[str, Any], rows: Sequence[Row]) -> Sequence[float]:
    return proof["numbers"].get("idle") or [0.0] * len(rows)


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _owed(proof: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, float]:
    numbers = proof.get("numbers", {})
    names = [row[0] for row in rows]
    if "level" in numbers:
        lowest = min(numbers["level"], default=0.0)
        return {name: round(lowest - level, 2) for name, level in zip(names, numbers["level"], strict=True)}
    if "served" not in numbers:
        return {}
    able = {
        row[0]: row[1]
        for row, code in zip(rows, proof["standings"], strict=True)
        if STANDINGS[ord(code)] in _OF_THE_SET
    }
    period = _memory(proof, able, rows)
    return {name: round(period.credit(name), 4) for name in names} if isinstance(period, Period) else {}

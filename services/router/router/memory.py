"""What the strategies of pools remember, read with the pools' locks and written back where it changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from router.domain.pool import Terms
from router.domain.strategies.choosers import Chooser, RoundRobin, ValueFair, chooser_of
from router.domain.strategies.round_robin import Account, Period
from router.domain.strategies.value_fair import Worth
from router.store import Row, q
from service_kit.postgres import Connection


@dataclass(slots=True)
class Memory:
    """One pool's. A strategy that another version of the rulebook has asks for its own."""

    pool: str
    period: Period
    worth: Worth
    _choosers: dict[tuple[str, bool, bool], Chooser] = field(default_factory=dict)

    def chooser(self, terms: Terms) -> Chooser:
        """The strategy of these terms, with what it remembers; one object for as long as the lock is held."""
        key = terms.strategy, terms.catch_up, terms.deadline_aware
        if key not in self._choosers:
            memory = self.worth if terms.strategy == "value_fair" else self.period
            chooser = chooser_of(
                terms.strategy, memory, catch_up=terms.catch_up, keeps_turns=terms.deadline_aware
            )
            if isinstance(chooser, ValueFair):
                chooser.members = self.period.weights
            self._choosers[key] = chooser
        return self._choosers[key]

    def round_robins(self) -> list[RoundRobin]:
        """Those that have something to write."""
        return [each for each in self._choosers.values() if isinstance(each, RoundRobin) and each.changed]

    def by_value(self) -> list[ValueFair]:
        """Those that have something to write."""
        return [each for each in self._choosers.values() if isinstance(each, ValueFair) and each.changed]


async def read_memories(conn: Connection, pools: Sequence[Row]) -> dict[str, Memory]:
    """The memory of locked pools, of their rows."""
    accounts: dict[str, dict[str, Account]] = {row["id"]: {} for row in pools}
    levels: dict[str, dict[str, float]] = {row["id"]: {} for row in pools}
    for row in await conn.fetch(q.read_turns, list(accounts)):
        accounts[row["pool_id"]][row["rep_id"]] = Account(row["carried"], row["served"])
        if row["level"] is not None:
            levels[row["pool_id"]][row["rep_id"]] = row["level"]
    return {
        row["id"]: Memory(
            row["id"],
            _period(row["turn_weights"], row["steps"], accounts[row["id"]]),
            Worth(levels[row["id"]], row["value_floor"], row["value_mean"]),
        )
        for row in pools
    }


def _period(weights: Mapping[str, int], steps: int, accounts: Mapping[str, Account]) -> Period:
    carried = {rep: account.carried for rep, account in accounts.items()}
    served = {rep: accounts[rep].served for rep in weights if rep in accounts}
    return Period(weights, carried, steps, served)


async def write_memories(conn: Connection, memories: Iterable[Memory]) -> None:
    """Write what changed since they were read or last written."""
    found = list(memories)
    await _write_turns(conn, [(memory.pool, each) for memory in found for each in memory.round_robins()])
    await _write_worth(conn, [(memory.pool, each) for memory in found for each in memory.by_value()])


async def _write_turns(conn: Connection, changed: Sequence[tuple[str, RoundRobin]]) -> None:
    if not changed:
        return
    pools = [pool for pool, _ in changed]
    began = [(pool, each.period.weights) for pool, each in changed if each.began]
    rows = sorted((pool, rep) for pool, each in changed for rep in each.to_write())
    of = dict(changed)
    accounts = [of[pool].account(rep) for pool, rep in rows]
    await conn.execute(q.update_steps, pools, [each.period.steps for _, each in changed])
    if began:
        await conn.execute(
            q.update_sets, [pool for pool, _ in began], [dict(weights) for _, weights in began]
        )
    await conn.execute(
        q.upsert_turns,
        [pool for pool, _ in rows],
        [rep for _, rep in rows],
        [account.carried for account in accounts],
        [account.served for account in accounts],
    )
    for _, each in changed:
        each.written()


async def _write_worth(conn: Connection, changed: Sequence[tuple[str, ValueFair]]) -> None:
    if not changed:
        return
    pools = [pool for pool, _ in changed]
    rows = sorted((pool, rep, each.worth.levels[rep]) for pool, each in changed for rep in each.changed)
    await conn.execute(
        q.update_worth,
        pools,
        [each.worth.floor for _, each in changed],
        [each.worth.mean for _, each in changed],
    )
    await conn.execute(q.update_sets, pools, [dict(each.members) for _, each in changed])
    await conn.execute(
        q.upsert_levels,
        [pool for pool, _, _ in rows],
        [rep for _, rep, _ in rows],
        [level for _, _, level in rows],
    )
    for _, each in changed:
        each.changed.clear()

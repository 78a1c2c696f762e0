"""Decision records as people read them."""

from typing import Any

from router.domain.proof import candidates_of
from router.store import Row


def decision(row: Row, currency: str | None = None) -> dict[str, Any]:
    """A record with its candidates in full, or the nearest of a large pool; `proof` says which it is.
    `currency`: the company's, in whose minor units values count."""
    shown = {name: value for name, value in row.items() if name not in ("members", "candidates")}
    proof = row["proof"]
    if proof is None:  # decided before proofs were kept, or without any pool
        return {**shown, "candidates": row["candidates"]}
    if proof["strategy"] == "value_fair":
        shown["currency"] = currency
    return {**shown, "members": row["members"], "candidates": candidates_of(proof, row["members"])}

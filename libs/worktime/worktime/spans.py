"""Set arithmetic on half-open spans `(start, end)` of integers."""

from collections.abc import Iterable

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same points as sorted, disjoint spans that do not touch; empty spans vanish."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def difference(spans: list[Span], holes: list[Span]) -> list[Span]:
    """The points of `spans` that are in none of `holes`; both as `union` returns them."""
    kept: list[Span] = []
    first = 0
    for start, end in spans:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        at = first
        while at < len(holes) and holes[at][0] < end:
            if holes[at][0] > start:
                kept.append((start, holes[at][0]))
            start = holes[at][1]
            at += 1
        if start < end:
            kept.append((start, end))
    return kept


def clip(spans: list[Span], low: int, high: int) -> list[Span]:
    """The points of `spans` from `low` up to, not including, `high`."""
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and end > low]

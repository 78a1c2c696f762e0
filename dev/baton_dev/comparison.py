"""A rehearsal's truth, the client's ledger and the services' answers side by side. No I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from baton_dev.planting import DUPLICATES, Plan, Planted
from baton_dev.posting import Answer, Posted
from baton_dev.reckoning import Outcome

_WIDTHS = (38, 9, 9, 9)


@dataclass(frozen=True, slots=True)
class Line:
    """One count, from each that can know it. `truth` is None where only the services can tell."""

    what: str
    truth: int | None = None
    client: int | None = None
    services: int | None = None

    @property
    def agrees(self) -> bool:
        """Whether all that know the count say the same."""
        told = {count for count in (self.truth, self.client, self.services) if count is not None}
        return self.truth is None or len(told) == 1


@dataclass
class Result:
    """All counts, what differs in a sentence each, and how long it took."""

    lines: list[Line] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)


def compare(plan: Plan, posted: Posted, ledger: set[UUID], outcome: Outcome) -> Result:
    """Count, and find every post of which something else became than was planned."""
    result = Result()
    result.lines = [*_posts(plan, posted), *_submissions(plan, posted, ledger, outcome), *_leads(outcome)]
    result.differences = [
        *(f"{line.what}: {_told(line)}" for line in result.lines if not line.agrees),
        *outcome.not_ready,
        *_wrong_answers(posted),
        *_wrong_states(posted, outcome),
        *_wrong_leads(posted, outcome),
    ]
    decided = "not in time" if outcome.decided_after is None else f"after {outcome.decided_after:.1f} s"
    result.times = [
        f"posted in {posted.seconds:.1f} s, answered within {posted.quantile(0.5) * 1000:.0f} ms (half) and "
        f"{posted.quantile(0.99) * 1000:.0f} ms (99 in 100), {posted.tried_again} sent again",
        f"all decided {decided}, counted from the first post",
    ]
    return result


def _posts(plan: Plan, posted: Posted) -> Iterator[Line]:
    yield Line("posts", len(plan.posts), len(posted.answers))
    for status in sorted(plan.statuses | posted.statuses):
        what = "accepted (202)" if status == 202 else f"refused ({status})"
        yield Line(what, plan.statuses[status], posted.statuses[status])


def _submissions(plan: Plan, posted: Posted, ledger: set[UUID], outcome: Outcome) -> Iterator[Line]:
    states = outcome.states
    repeated = posted.statuses[202] - len(posted.submissions)
    yield Line(
        "promised, one submission each", None, len(ledger), len(outcome.submissions) - states["unknown"]
    )
    yield Line("duplicates", plan.duplicates, None, repeated + states["duplicate"])
    yield Line("  same submission id", services=repeated)
    yield Line("  found by content", services=states["duplicate"])
    yield Line("quarantined", plan.planted[Planted.SPAM], None, states["quarantined"])
    yield Line("submissions that opened leads", plan.planted[Planted.LEAD], None, states["opened"])
    yield Line("submissions that joined one", 0, None, states["joined"])
    yield Line("submissions nobody knows", 0, None, states["unknown"] + len(ledger ^ posted.submissions))
    yield Line("leads", plan.planted[Planted.LEAD] * len(plan.lines), None, len(outcome.leads))


def _leads(outcome: Outcome) -> Iterator[Line]:
    for quadrant in ("perfect", "warm", "curious", "cold"):
        yield Line(f"  {quadrant}", services=outcome.quadrants[quadrant])
    sqls = sum(lead["stage"] == "sql" for lead in outcome.leads.values())
    kept = {place: count for place, count in outcome.places.items() if _is_kept(place)}
    yield Line("SQLs, assigned or held with a reason", sqls, None, sum(kept.values()))
    for place, count in sorted(kept.items()):
        yield Line(f"  {place}", services=count)
    yield Line("unaccounted", 0, None, outcome.unaccounted)


def _is_kept(place: str) -> bool:
    return place == "assigned" or place.startswith("held: ")


def _wrong_answers(posted: Posted) -> Iterator[str]:
    for answer in posted.answers:
        if answer.status != answer.post.status:
            yield f"{_named(answer)} was answered {answer.status} instead of {answer.post.status}"


def _wrong_states(posted: Posted, outcome: Outcome) -> Iterator[str]:
    """A repeat shares its original's submission, or has one of its own that scoring calls a duplicate."""
    originals = {a.post.row: a.submission for a in posted.answers if a.post.planted is Planted.LEAD}
    states = {id_: each["state"] for id_, each in outcome.submissions.items()}
    of_row: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for answer in posted.answers:
        id_, kind = answer.submission, answer.post.planted
        if id_ is None:
            continue
        state = states.get(id_, "unknown")
        if kind in DUPLICATES and id_ != originals[answer.post.row]:
            of_row[answer.post.row][state] += 1
        elif kind is Planted.SPAM and state != "quarantined":
            yield f"{_named(answer)} became {state}"
        elif kind is Planted.LEAD:
            of_row[answer.post.row][state] += 1
    for row, found in sorted(of_row.items()):
        if found["opened"] != 1 or set(found) - {"opened", "duplicate"}:
            yield f"row {row} became {dict(found)} instead of one opened lead"


def _wrong_leads(posted: Posted, outcome: Outcome) -> Iterator[str]:
    emails = {a.submission: a.post.email for a in posted.answers if a.post.planted is Planted.LEAD}
    for id_, email in emails.items():
        kept = outcome.submissions.get(id_, {}) if id_ else {}
        for lead_id in kept.get("lead_ids") or ():
            lead = outcome.leads.get(UUID(lead_id))
            if lead is None:
                yield f"lead {lead_id} of submission {id_} is not listed"
            elif str(lead["profile"].get("email")).lower() != email:
                yield f"lead {lead_id} is not that of {email}"
    for id_, lead in outcome.routed.items():
        if lead["state"] == "held" and not lead["hold_reason"]:
            yield f"lead {id_} is held without a reason"


def _named(answer: Answer) -> str:
    return f"row {answer.post.row} ({answer.post.planted})"


def _told(line: Line) -> str:
    told = {"planned": line.truth, "the client counts": line.client, "the services say": line.services}
    return ", ".join(f"{who} {count}" for who, count in told.items() if count is not None)


def render(result: Result) -> str:
    """Return the counts as a plain table, with the times below."""
    rows = [("", "truth", "client", "services"), *(_cells(line) for line in result.lines)]
    marks = ["", *("" if line.agrees else "  <- differs" for line in result.lines)]
    table = [_row(cells) + mark for cells, mark in zip(rows, marks, strict=True)]
    return "\n".join([*(line.rstrip() for line in table), *result.times])


def _cells(line: Line) -> tuple[str, ...]:
    counts = (line.truth, line.client, line.services)
    return (line.what, *("" if count is None else str(count) for count in counts))


def _row(cells: tuple[str, ...]) -> str:
    first, *counts = cells
    widths = zip(counts, _WIDTHS[1:], strict=True)
    return first.ljust(_WIDTHS[0]) + "".join(count.rjust(width) for count, width in widths)

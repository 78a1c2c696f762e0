"""The ledger against the stores: what was promised is there, once. Pure; every fault says what it found."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from baton_dev.ledger import Promise, accepted, acted
from router.handlers.declines import ASKED
from tests.chaos.books import READS, Books, Said

ROUTED_STATES = {"nurturing", "held", "assigned", "closed", "merged"}


class Wrong(StrEnum):
    """Which guarantee is broken."""

    LOST = "lost"
    DOUBLED = "doubled"
    ASSIGNED_TWICE = "assigned twice"
    FIRED_TWICE = "fired twice"
    GAP = "gap in seq"
    OVER_CAPACITY = "load is wrong"
    UNACCOUNTED = "unaccounted"
    DEAD_LETTER = "dead letter"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, in words that name the rows."""

    wrong: Wrong
    what: str


@dataclass(slots=True)
class Verdict:
    """What a comparison found. `counts` says how much was compared."""

    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, wrong: Wrong) -> list[str]:
        """The faults of one kind."""
        return [fault.what for fault in self.faults if fault.wrong is wrong]

    def __str__(self) -> str:
        kinds = Counter(fault.wrong.value for fault in self.faults)
        compared = ", ".join(f"{what} {count}" for what, count in self.counts.items())
        found = ", ".join(f"{kind} {kinds[kind.value]}" for kind in Wrong)
        return f"compared: {compared}; found: {found}"

    def require_clean(self) -> None:
        """Raise AssertionError with the first faults of each kind, if there are any."""
        if self.faults:
            shown = [f"{kind}: {what}" for kind in Wrong for what in self.of(kind)[:5]]
            raise AssertionError("\n".join([str(self), *shown]))


Check = Callable[[Sequence[Promise], Books], Iterator[Fault]]


def compare(promises: Sequence[Promise], books: Books, conservation: Mapping[str, int]) -> Verdict:
    """Compare. `conservation`: what each instance's own books leave unaccounted, by instance."""
    verdict = Verdict()
    for check in CHECKS:
        verdict.faults += check(promises, books)
    verdict.faults += [
        Fault(Wrong.UNACCOUNTED, f"{name} leaves {count} unaccounted")
        for name, count in conservation.items()
        if count
    ]
    verdict.counts = {
        "202s": sum(1 for _ in accepted(promises)),
        "acts": sum(1 for _ in acted(promises)),
        "leads": len(books.scored_leads),
        "rounds": len(books.assignments),
        "firings": len(books.firings),
        "records": sum(map(len, books.said.values())),
        "repeated records": sum(len(said) - len({each.id for each in said}) for said in books.said.values()),
    }
    return verdict


def _submissions(promises: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """Every submission answered with 202 is in scoring, and its leads with it."""
    for promise in accepted(promises).values():
        row = books.submissions.get(promise.submission_id)
        if row is None:
            yield Fault(Wrong.LOST, f"submission {promise.submission_id} (key {promise.key}) is in no store")
        elif row["state"] in ("opened", "joined") and len(row["lead_ids"]) != len(promise.lines):
            yield Fault(
                Wrong.LOST,
                f"submission {promise.submission_id}, lines {promise.lines}, has leads {row['lead_ids']}",
            )
    named = (lead for row in books.submissions.values() for lead in row["lead_ids"])
    held = Counter(_survivor(lead, books) for lead in named)
    for lead, row in books.scored_leads.items():
        if row["merged_into"] is None and row["submissions"] != held[lead]:
            yield Fault(
                Wrong.DOUBLED if row["submissions"] > held[lead] else Wrong.LOST,
                f"lead {lead} counts {row['submissions']} submissions and {held[lead]} name it",
            )


def _survivor(lead: UUID, books: Books) -> UUID:
    """The lead that this one was merged into in the end; a lead that nobody knows is itself."""
    while (row := books.scored_leads.get(lead)) is not None and row["merged_into"] is not None:
        lead = row["merged_into"]
    return lead


def _acts(promises: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """Every act answered with success is in router, once; one that a team lead has to confirm as a wish."""
    for key, said in acted(promises).items():
        kept = books.asked_declines[said.lead_id] if said.act == ASKED else books.act_keys[key]
        if kept != 1:
            yield Fault(
                Wrong.LOST if kept == 0 else Wrong.DOUBLED,
                f"act {key} ({said.act}) is in router {kept} times",
            )


def _leads(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """Every lead opened is in router and sla-monitor, in one state, as scoring said it last."""
    for lead, scored in books.scored_leads.items():
        routed, timed = books.routed_leads.get(lead), books.timed_leads.get(lead)
        if routed is None or routed["state"] not in ROUTED_STATES:
            state = routed["state"] if routed else "unknown"
            yield Fault(Wrong.LOST, f"lead {lead} is {state} in router")
        elif routed["scored_seq"] != scored["seq"]:
            yield Fault(
                Wrong.LOST, f"lead {lead}: router knows seq {routed['scored_seq']} of {scored['seq']}"
            )
        if timed is None or timed["scored_seq"] != scored["seq"]:
            yield Fault(
                Wrong.LOST, f"lead {lead} is in sla-monitor as {timed}, scoring is at {scored['seq']}"
            )
    for lead in books.routed_leads.keys() - books.scored_leads.keys():
        yield Fault(Wrong.DOUBLED, f"router has lead {lead}, which scoring never opened")
    for lead, routed in books.routed_leads.items():
        told = routed["routed_seq"] + routed["progressed_seq"]
        if books.facts[lead] != told:
            yield Fault(
                Wrong.LOST if books.facts[lead] < told else Wrong.DOUBLED,
                f"lead {lead}: router told {told} facts, sla-monitor has {books.facts[lead]}",
            )


def _rounds(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """One rep and one event a round, told as it is stored."""
    told: defaultdict[tuple[str, int], set[tuple[UUID, str]]] = defaultdict(set)
    for said in books.said["lead-routed"]:
        if said.about["kind"] == "assigned":
            told[said.about["lead_id"], said.about["round"]].add((said.id, said.about["rep"]["id"]))
    for (lead_id, round_), handoffs in told.items():
        if len(handoffs) > 1:
            yield Fault(Wrong.ASSIGNED_TWICE, f"lead {lead_id}, round {round_}: {sorted(map(str, handoffs))}")
    stored = {(str(row["lead_id"]), row["round"]): row["rep_id"] for row in books.assignments}
    for place in stored.keys() - told.keys():
        yield Fault(Wrong.LOST, f"lead {place[0]}, round {place[1]} was never told on lead-routed")
    for place, handoffs in told.items():
        if {rep for _, rep in handoffs} != {stored.get(place)}:
            yield Fault(
                Wrong.ASSIGNED_TWICE, f"lead {place[0]}, round {place[1]}: {handoffs}, {stored.get(place)}"
            )


def _open_rounds(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """A lead has an open round exactly when it is assigned, and never two."""
    open_rounds = Counter(row["lead_id"] for row in books.assignments if row["is_open"])
    for lead, count in open_rounds.items():
        if count > 1:
            yield Fault(Wrong.ASSIGNED_TWICE, f"lead {lead} has {count} open rounds")
    for lead, routed in books.routed_leads.items():
        if (routed["state"] == "assigned") != (open_rounds[lead] == 1):
            yield Fault(
                Wrong.LOST, f"lead {lead} is {routed['state']} and has {open_rounds[lead]} open rounds"
            )


def _load(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """A rep's load is the number of their open rounds, and within their capacity."""
    load = Counter(row["rep_id"] for row in books.assignments if row["is_open"])
    for rep in books.reps:
        if rep["open"] != load[rep["id"]] or rep["open"] > rep["capacity"]:
            yield Fault(
                Wrong.OVER_CAPACITY,
                f"{rep['id']} holds {load[rep['id']]}, counts {rep['open']}, may hold {rep['capacity']}",
            )


_LEVELS = {
    "sla-warned": "warning",
    "sla-breached": "breach",
    "sla-reminded": "reminder",
    "sla-withdrawn": "withdrawal",
}


def _firings(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """One firing a timer and level, and one event."""
    levels = Counter((row["timer_id"], row["level"]) for row in books.firings)
    for (timer, level), count in levels.items():
        if count > 1:
            yield Fault(Wrong.FIRED_TWICE, f"timer {timer}, {level}: {count} firings")
    for topic, level in _LEVELS.items():
        told: defaultdict[tuple[str, Any], set[UUID]] = defaultdict(set)
        for said in books.said[topic]:
            told[said.about["timer_id"], said.about.get("share") or said.about.get("number")].add(said.id)
        for (timer_id, which), ids in told.items():
            if len(ids) > 1:
                yield Fault(Wrong.FIRED_TWICE, f"timer {timer_id}, {level} {which or ''}: {len(ids)} events")


def _told_firings(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """What sla-monitor stored as said was told, nothing else was, and router knows of it."""
    stored = {row["event_id"] for row in books.firings if row["event_id"] is not None}
    heard = {said.id for topic in _LEVELS for said in books.said[topic]}
    for event in stored - heard:
        yield Fault(Wrong.LOST, f"firing {event} was never told")
    for event in heard - stored:
        yield Fault(Wrong.FIRED_TWICE, f"{event} was told and is in no firing")
    for topic in ("sla-warned", "sla-breached", "sla-reminded", "sla-withdrawn"):
        for said in books.said[topic]:
            if said.id not in books.timer_news:
                yield Fault(Wrong.LOST, f"{topic} {said.id} is not known to router")


_COUNTED = {
    "scoring": ("lead-scored", "lead-scored-bulk"),
    "router": ("lead-routed",),
    "router's reps": ("lead-progressed",),
    "sla-monitor": ("sla-warned", "sla-breached", "sla-reminded", "sla-withdrawn"),
}


def _numbering(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """Each producer numbers what it says of a lead 1, 2, 3, ..., one event a number."""
    for producer, topics in _COUNTED.items():
        numbers: defaultdict[str, dict[int, UUID]] = defaultdict(dict)
        for said in _all_said(books, topics):
            before = numbers[said.about["lead_id"]].setdefault(said.about["seq"], said.id)
            if before != said.id:
                yield Fault(
                    Wrong.DOUBLED,
                    f"{producer}: lead {said.about['lead_id']} has two events with seq {said.about['seq']}",
                )
        for lead, used in numbers.items():
            if len(used) != max(used):
                missing = sorted(set(range(1, max(used) + 1)) - used.keys())
                yield Fault(Wrong.GAP, f"{producer}: lead {lead} lacks seq {missing}")


def _all_said(books: Books, topics: Sequence[str]) -> Iterator[Said]:
    for topic in topics:
        yield from books.said[topic]


def _handled(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """Each consumer has handled each event of its topics exactly once, whatever was repeated."""
    for consumer, topics in READS.items():
        for topic in topics:
            there = len({said.id for said in books.said[topic]})
            handled = books.effects[consumer, topic]
            if handled != there:
                yield Fault(
                    Wrong.LOST if handled < there else Wrong.DOUBLED,
                    f"{consumer} has handled {handled} events of {topic}, which holds {there}",
                )


def _dead_letters(_: Sequence[Promise], books: Books) -> Iterator[Fault]:
    """No trouble of the machinery makes a dead letter."""
    for topic, count in books.dead_letters.items():
        yield Fault(Wrong.DEAD_LETTER, f"{topic} holds {count}")


CHECKS: tuple[Check, ...] = (
    _submissions,
    _acts,
    _leads,
    _rounds,
    _open_rounds,
    _load,
    _firings,
    _told_firings,
    _numbering,
    _handled,
    _dead_letters,
)

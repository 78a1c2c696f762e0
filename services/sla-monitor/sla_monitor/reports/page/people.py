"""The parts of the page about reps, breaches, objections and trials."""

from collections.abc import Iterator, Mapping, Sequence

from charts.parts import PartSeries, bars_of_parts
from lead_events.words import Part
from sla_monitor.reports.figures.disputes import (
    BreachFigure,
    CorrectionFigure,
    DisputeFigures,
    ObjectionFigure,
    PartFigure,
)
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.people import RepFigure
from sla_monitor.reports.figures.trials import TrialFigure
from sla_monitor.reports.page.both_sides import called, counted, goal_name, goals_table, promises_table
from sla_monitor.reports.page.pieces import chart, section, table, with_quadrants
from sla_monitor.reports.words import DASH, Words

REPS = (
    "rep team handed accepted declined declined_value timed_out timed_out_value stopped_early kept broken "
    "share_kept"
)
WORST = "lead promise rep quadrant due_at late_by charged_to path"
OF_PROMISES = ("kept", "broken", "broken_by_others")
"""Measures of which a correction is one promise's, and not one lead's."""
SECOND = 1e6
"""In microseconds; what is shorter is in JSON and CSV."""
SHORT = 8
"""Characters by which a lead is told apart on the page; the whole id is in JSON and CSV."""


def reps(found: Sequence[RepFigure], words: Words) -> str:
    """A row a rep."""
    rows = [
        (
            each.name,
            each.team_name,
            words.number(each.handed),
            words.number(each.accepted),
            with_quadrants(each.declined_in_all, each.declined, words),
            words.money(each.declined_value_minor),
            with_quadrants(each.timed_out_in_all, each.timed_out, words),
            words.money(each.timed_out_value_minor),
            words.number(each.stopped_early),
            words.number(each.kept),
            words.number(each.broken),
            words.share(each.share_kept),
        )
        for each in found
    ]
    return section(
        "reps", words, [table(words, words.say("caption.reps"), REPS, rows)], words.say("note.reps")
    )


def worst(found: Sequence[BreachFigure], words: Words) -> str:
    """The breaches as a drawing of parts and as a table."""
    names = [part for part in Part if any(each.part == part for breach in found for each in breach.parts)]
    seen = bars_of_parts(
        words.say("section.worst"),
        [f"{short(each.lead_id)} {words.say(f'kind.{each.kind}')}" for each in found],
        [
            PartSeries(words.say(f"part.{name}"), [_seconds(breach, name) for breach in found])
            for name in names
        ],
        say=words.length,
        desc=words.say("desc.worst"),
    )
    listed = table(words, words.say("caption.worst"), WORST, [_breach(each, words) for each in found])
    return section("worst", words, [chart(seen), listed] if found else [listed], words.say("note.worst"))


def short(identity: object) -> str:
    """The beginning of an id."""
    return str(identity)[:SHORT]


def _seconds(breach: BreachFigure, part: Part) -> float:
    return sum(each.microseconds for each in breach.parts if each.part == part) / SECOND


def _breach(each: BreachFigure, words: Words) -> Sequence[str]:
    return [
        short(each.lead_id),
        words.say(f"kind.{each.kind}"),
        each.rep_name,
        words.say(f"quadrant.{each.quadrant}"),
        words.moment(each.due_at),
        words.length(each.late_seconds),
        words.word("charged", each.charged_to),
        ", ".join(
            f"{_holder(part, words)} {words.length(part.microseconds / SECOND)}"
            for part in each.parts
            if part.microseconds >= SECOND
        ),
    ]


def _holder(part: PartFigure, words: Words) -> str:
    named = f" ({part.detail})" if part.part == Part.REP and part.detail else ""
    return f"{words.word('part', part.part)}{named}"


def disputes(report: MonthReport, words: Words) -> str:
    """Both counts, every objection, every correction."""
    found = report.disputes
    counts = [
        (
            words.say(f"about.{each.about}"),
            *map(
                words.number,
                (each.before, each.excused, each.after, each.objections, each.upheld, each.undecided),
            ),
        )
        for each in found.counts
    ]
    body = [
        table(
            words,
            words.say("caption.counts"),
            "about before excused after objections upheld undecided",
            counts,
        ),
        _objections(found, words),
        _corrections(report, words),
    ]
    return section("disputes", words, body, words.say("note.disputes"))


def _objections(found: DisputeFigures, words: Words) -> str:
    rows = [
        (
            words.say(f"about.{each.about}"),
            short(each.lead_id),
            _promise(each, words),
            each.rep_name or DASH,
            words.moment(each.due_at),
            words.word("side", each.side),
            each.by,
            words.moment(each.at),
            each.reason,
            words.word("verdict", each.verdict),
            each.decided_by or DASH,
        )
        for each in found.objections
    ]
    columns = "about lead promise rep due_at side by at reason verdict decided_by"
    return table(words, words.say("caption.objections"), columns, rows)


def _promise(each: ObjectionFigure, words: Words) -> str:
    """The promise that was broken; of a rejection none."""
    if each.kind is None:
        return DASH
    return words.say("promise.round", kind=words.say(f"kind.{each.kind}"), n=words.number(each.round))


def _corrections(report: MonthReport, words: Words) -> str:
    named = {goal.id: called(goal, words) for goal in report.marketing.goals}
    rows = [
        (
            words.month(each.of),
            words.word("measure", each.measure),
            _corrected(each, named, words),
            DASH if each.measure in OF_PROMISES else short(each.subject),
            counted(each.amount, _unit(each, report), words, signed=True),
        )
        for each in report.disputes.corrections
    ]
    return table(words, words.say("caption.corrections"), "of measure goal lead amount", rows)


def _corrected(each: CorrectionFigure, named: Mapping[str, str], words: Words) -> str:
    """The goal, or the kind of promise."""
    if each.goal is None:
        return DASH
    if each.measure in OF_PROMISES:
        return words.word("kind", each.goal)
    return named.get(each.goal, goal_name(each.goal, words))


def _unit(each: CorrectionFigure, report: MonthReport) -> str:
    if each.measure in ("due", "worked"):
        return "money" if report.sales.works.agreed == "money" else "number"
    units = {goal.id: goal.counted_in for goal in report.marketing.goals}
    return "money" if each.measure == "revenue" else units.get(each.goal or "", "number")


def trials(found: Sequence[TrialFigure], words: Words) -> Iterator[str]:
    """Each agreement on trial; nothing where there is none."""
    body: list[str] = []
    for each in found:
        caption = words.say("caption.trial", name=each.name)
        body.append(goals_table(caption, each.goals, words))
        body.append(promises_table(caption, each.promises, words))
    if body:
        yield section("trials", words, body, words.say("note.trials"))

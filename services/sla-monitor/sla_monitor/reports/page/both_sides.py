"""The parts of the page about what either side promised."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from html import escape
from math import ceil

from charts.lines import Line, lines
from charts.meters import Meter, meters
from lead_events.words import ChargedTo
from sla_monitor.reports.figures.marketing import GoalFigure, MarketingFigures, Pace
from sla_monitor.reports.figures.month import MonthReport
from sla_monitor.reports.figures.sales import PromiseFigure, SalesFigures, WorksFigure
from sla_monitor.reports.page.pieces import beside, chart, figures, nothing, section, table
from sla_monitor.reports.words import Words

GOALS = "goal counts aim delivered given_back excused taken_off corrections net share"
PROMISES = "promise kept broken_by_sales broken_by_others excused share_kept share_in_time"
SMALL = 440
"""Pixels that a phone shows without making letters too small."""
MINUTE, HOUR = 60, 3_600
PLAIN_SECONDS = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR),
)
"""From one mark of an axis of time to the next."""
MARKS = 5
"""So many above 0, where PLAIN_SECONDS are long enough."""
CHARGED = "promise by_rep sales_team marketing system nobody withdrawn cancelled above open"


def overview(report: MonthReport, words: Words) -> str:
    """What each side reached of what it promised, in one drawing."""
    rows = [
        Meter(goal_name(goal.id, words), goal.share, words.share(goal.share), more=_beyond_name(goal, words))
        for goal in report.marketing.goals
    ]
    rows += [
        Meter(words.say(f"kind.{each.kind}"), each.share_kept, words.share(each.share_kept), is_first=False)
        for each in report.sales.promises
    ]
    works = report.sales.works
    if works.attained is not None:
        rows.append(Meter(words.say("tile.worked"), works.attained, words.share(works.attained), False))
    if not rows:
        return section("overview", words, [nothing(words)])
    title = words.say("section.overview")
    sides = [words.say("side.marketing"), words.say("side.sales")]
    goal = words.say("chart.goal")
    seen = meters(title, rows, sides=sides, goal=goal, desc=words.say("desc.overview"), width=SMALL)
    return section("overview", words, [chart(seen, is_small=True)])


def marketing(side: MarketingFigures, words: Words) -> Iterator[str]:
    """Goals and pace."""
    yield section(
        "marketing",
        words,
        [goals_table(words.say("caption.goals"), side.goals, words)],
        words.say("note.marketing"),
    )
    named = {goal.id: called(goal, words) for goal in side.goals}
    standing = table(
        words,
        words.say("caption.pace"),
        "goal due delivered ahead",
        [
            (
                named.get(each.goal, each.goal),
                counted(each.due, each.counted_in, words),
                counted(each.delivered, each.counted_in, words),
                counted(each.ahead, each.counted_in, words, signed=True),
            )
            for each in side.pace
        ],
    )
    drawn = [_pace(each, named.get(each.goal, each.goal), words) for each in side.pace]
    yield section("pace", words, [standing, beside(*drawn)], words.say("note.pace"))


def goals_table(caption: str, goals: Iterable[GoalFigure], words: Words) -> str:
    """Goals beside what came of them."""
    return table(words, caption, GOALS, [_goal(goal, words) for goal in goals])


def _goal(goal: GoalFigure, words: Words) -> Sequence[str]:
    amounts = (goal.goal, goal.delivered, goal.given_back, goal.excused, goal.taken_off)
    told = [counted(amount, goal.counted_in, words) for amount in amounts]
    later = counted(goal.corrections, goal.counted_in, words, signed=True)
    net = counted(goal.net, goal.counted_in, words)
    return [goal_name(goal.id, words), _covers(goal, words), *told, later, net, words.share(goal.share)]


def _covers(goal: GoalFigure, words: Words) -> str:
    parts = [", ".join(words.word("quadrant", each) for each in goal.quadrants)]
    named = {
        "lines": goal.line_names or goal.lines,
        "segments": goal.segments,
        "sources": goal.source_names or goal.sources,
    }
    for name, listed in named.items():
        parts.append(words.say(f"of.{name}", names=", ".join(listed)) if listed else "")
    return "; ".join(part for part in parts if part) or words.say("everything")


def goal_name(name: str, words: Words) -> str:
    """A goal as people call it: its quadrant's word where it is short for one."""
    return words.word("quadrant", name)


def called(goal: GoalFigure, words: Words) -> str:
    """A goal by its name and, where that does not say it all, by what counts towards it."""
    more = _beyond_name(goal, words)
    return f"{goal_name(goal.id, words)} ({more})" if more else goal_name(goal.id, words)


def _beyond_name(goal: GoalFigure, words: Words) -> str:
    covers = _covers(goal, words)
    return "" if covers == goal_name(goal.id, words) else covers


def counted(amount: float, unit: str, words: Words, *, signed: bool = False) -> str:
    """An amount in the unit of a goal."""
    if unit == "money":
        return words.signed_money(amount) if signed else words.money(amount)
    said = words.signed(amount) if signed else words.number(amount)
    return words.counted("points", round(amount, 2), said) if unit == "points" else said


def _pace(pace: Pace, name: str, words: Words) -> str:
    title = words.say("caption.pace.of", goal=name)
    say = words.money if pace.counted_in == "money" else words.number
    seen = lines(
        title,
        [words.day_of_month(each.day) for each in pace.days],
        [
            Line(words.say("chart.delivered"), [each.delivered for each in pace.days]),
            Line(words.say("chart.net"), [each.net for each in pace.days]),
            Line(words.say("chart.planned"), [each.planned for each in pace.days], dashed=True),
        ],
        say=say,
        desc=_pace_in_words(pace, name, words),
    )
    told = words.money if pace.counted_in == "money" else partial(words.number, digits=1)
    listed = table(
        words,
        title,
        "day planned delivered net",
        [
            (
                words.day(each.day),
                *(told(figure) for figure in (each.planned, each.delivered, each.net)),
            )
            for each in pace.days
        ],
    )
    return f"<h3>{escape(title)}</h3>{chart(seen)}{figures(words, listed)}"


def _pace_in_words(pace: Pace, name: str, words: Words) -> str:
    planned = pace.days[-1].planned if pace.days else 0.0
    return words.say(
        "desc.pace",
        goal=name,
        delivered=counted(pace.delivered, pace.counted_in, words),
        due=counted(pace.due, pace.counted_in, words),
        all=counted(planned, pace.counted_in, words),
    )


def sales(side: SalesFigures, words: Words) -> Iterator[str]:
    """Promises, work, and time to work a lead."""
    body = [
        promises_table(words.say("caption.promises"), side.promises, words),
        table(
            words, words.say("caption.charged"), CHARGED, [_charged(each, words) for each in side.promises]
        ),
        table(words, words.say("caption.works"), "figure value", list(_works(side.works, words))),
    ]
    yield section("sales", words, body, words.say("note.sales"))
    yield section("time", words, [_days(side, words)], words.say("note.time"))


def promises_table(caption: str, promises: Iterable[PromiseFigure], words: Words) -> str:
    """Each kind kept and broken."""
    return table(words, caption, PROMISES, [_promise(each, words) for each in promises])


def _promise(each: PromiseFigure, words: Words) -> Sequence[str]:
    excused = each.excused_by_objection + each.excused_by_incident
    return [
        words.say(f"kind.{each.kind}"),
        _with_later(each.kept, each.corrections_kept, words),
        _with_later(each.broken_by_sales, each.corrections_broken_by_sales, words),
        _with_later(
            each.broken_in_all - each.broken_by_sales,
            each.corrections_broken - each.corrections_broken_by_sales,
            words,
        ),
        words.number(excused),
        words.share(each.share_kept),
        words.share(each.share_in_time),
    ]


def _with_later(figure: int, later: int, words: Words) -> str:
    """A figure, and in brackets what was corrected in months closed before: both are in the shares."""
    return f"{words.number(figure)} ({words.signed(later)})" if later else words.number(figure)


def _charged(each: PromiseFigure, words: Words) -> Sequence[str]:
    above = (
        f"{words.number(each.above_volume + each.late_above_volume)} ({words.number(each.late_above_volume)})"
    )
    return [
        words.say(f"kind.{each.kind}"),
        *(words.number(each.broken[charged]) for charged in ChargedTo),
        words.number(each.withdrawn),
        words.number(each.cancelled),
        above,
        words.number(each.open),
    ]


def _works(works: WorksFigure, words: Words) -> Iterator[Sequence[str]]:
    in_money = works.agreed == "money"
    say = words.money if in_money else words.number
    goal = words.share(works.goal) if works.agreed == "share" else say(works.goal)
    by_share = works.agreed in ("share", "nothing")
    yield words.say("works.agreed"), goal
    yield words.say("works.due"), say(works.due)
    yield words.say("works.worked"), say(works.worked)
    later = (("works.corrections_due", works.corrections_due), ("works.corrections", works.corrections))
    unit = "money" if in_money else "number"
    for key, amount in later:
        if amount:
            yield words.say(key), counted(amount, unit, words, signed=True)
    yield words.say("works.to_come"), say(works.to_come)
    yield words.say("works.neither"), words.number(works.on_neither_side)
    yield words.say("works.result"), words.share(works.result) if by_share else say(works.result)
    yield words.say("works.attained"), words.share(works.attained)


def _days(side: SalesFigures, words: Words) -> str:
    title = words.say("caption.days")
    longest = max((each.first_response.p90 or 0 for each in side.days), default=0)
    medians = [each.first_response.median for each in side.days]
    slowest = [each.first_response.p90 for each in side.days]
    seen = lines(
        title,
        [words.day_of_month(each.day) for each in side.days],
        [
            Line(words.say("chart.median"), medians),
            Line(words.say("chart.p90"), slowest),
        ],
        say=lambda seconds: words.length(seconds) if seconds else words.number(0),
        desc=words.say("desc.days"),
        width=620,
        step=plain_step(longest),
    )
    rows = [
        (
            words.day(each.day),
            words.number(each.first_response.n),
            words.length(each.first_response.median),
            words.length(each.first_response.p90),
        )
        for each in side.days
    ]
    listed = figures(words, table(words, title, "day count median p90", rows))
    is_any = any(median is not None for median in medians)
    return (chart(seen) if is_any else nothing(words)) + listed


def plain_step(longest: float) -> float:
    """Seconds between two marks of an axis that reaches to `longest` seconds; a plain length."""
    fits = (step for step in PLAIN_SECONDS if longest <= MARKS * step)
    return next(fits, PLAIN_SECONDS[-1] * ceil(longest / (MARKS * PLAIN_SECONDS[-1])))

"""The parts of the page about what became of leads: funnel, sources, speed, reasons."""

from collections.abc import Iterable, Iterator, Sequence

from charts.bars import Series, rows_of_bars
from sla_monitor.reports.figures.funnel import Acceptance, FunnelFigures, StageFigure
from sla_monitor.reports.figures.people import ReasonFigure
from sla_monitor.reports.figures.sources import Credit, SourceFigure, SourceFigures
from sla_monitor.reports.figures.speed import FollowUp, SpeedFigures
from sla_monitor.reports.figures.spread import Spread
from sla_monitor.reports.page.pieces import beside, chart, section, table, with_quadrants
from sla_monitor.reports.words import Words

SOURCES = "source origin leads sqls taken_off sqls_of_leads customers revenue cost cost_per_sql return"
DRAWN = 15
"""So many sources are drawn, those with the most revenue or cost."""
FOLLOW_UP = "quadrant count median_working p90_working median_wall p90_wall in_time late share_within"


def funnel(found: FunnelFigures, words: Words) -> str:
    """By event and by cohort, and what was accepted."""
    labels = [words.say(f"stage.{each.stage}") for each in found.stages]
    seen = rows_of_bars(
        words.say("section.funnel"),
        labels,
        [Series(words.say("chart.leads"), [each.leads for each in found.stages])],
        say=words.number,
        desc=words.say("desc.funnel"),
        width=520,
    )
    stages = table(
        words,
        words.say("caption.funnel"),
        "stage owner leads conversion days",
        [_stage(each, words) for each in found.stages],
    )
    cohort = table(
        words,
        words.say("caption.cohort", age=words.days(found.cohort.age_days.median)),
        "stage owner leads of_delivered days",
        [
            (
                words.say("stage.sql"),
                words.say("side.marketing"),
                words.number(found.cohort.leads),
                words.share(None),
                words.days(None),
            ),
            *(_stage(each, words) for each in found.cohort.stages),
        ],
    )
    body = [
        beside(chart(seen), stages),
        beside(cohort, _acceptance(found.acceptance, words)),
        _won(found, words),
    ]
    return section("funnel", words, body, words.say("note.funnel"))


def _stage(each: StageFigure, words: Words) -> Sequence[str]:
    return [
        words.say(f"stage.{each.stage}"),
        words.say(f"side.{each.owner}"),
        words.number(each.leads),
        words.share(each.conversion),
        words.days(each.days.median),
    ]


def _acceptance(found: Sequence[Acceptance], words: Words) -> str:
    return table(
        words,
        words.say("caption.acceptance"),
        "quadrant delivered accepted given_back undecided share",
        [
            (
                words.say(f"quadrant.{each.quadrant}") if each.quadrant else words.say("all"),
                words.number(each.delivered),
                words.number(each.accepted),
                words.number(each.given_back),
                words.number(each.undecided),
                words.share(each.share),
            )
            for each in found
        ],
        total=True,
    )


def _won(found: FunnelFigures, words: Words) -> str:
    return table(
        words,
        words.say("caption.won"),
        "delivered_in customers revenue days",
        [
            (
                words.month(each.delivered) if each.delivered else words.say("before_delivery"),
                words.number(each.customers),
                words.money(each.revenue_minor),
                words.days(each.days.median),
            )
            for each in found.won_by_cohort
        ],
    )


def sources(found: SourceFigures, words: Words) -> Iterator[str]:
    """By both credits, the binding one first; then who generated what."""
    every = found.under(found.binding)
    binding = [each for each in every if each.id in _largest(every)]
    seen = rows_of_bars(
        words.say("caption.revenue"),
        [each.name for each in binding],
        [
            Series(words.say("chart.cost"), [each.cost_minor for each in binding]),
            Series(words.say("chart.revenue"), [float(each.revenue_minor) for each in binding]),
        ],
        say=words.money,
        desc=words.say("desc.sources"),
        width=620,
    )
    other: Credit = "first" if found.binding == "last" else "last"
    body = [
        chart(seen),
        _sources(found, found.binding, words),
        _sources(found, other, words),
    ]
    yield section("sources", words, body, words.say("note.sources"))
    credit = words.say(f"credit.{found.binding}")
    yield section("generated", words, _generated(found, words), words.say("note.generated", credit=credit))


def _largest(every: Iterable[SourceFigure]) -> set[str]:
    """The sources that are drawn: on a sheet of paper more have no room, and the table has them all."""
    ranked = sorted(
        every, key=lambda each: (-max(each.revenue_minor, each.cost_minor or 0), -each.leads, each.id)
    )
    return {each.id for each in ranked[:DRAWN]}


def _sources(found: SourceFigures, credit: Credit, words: Words) -> str:
    caption = words.say("caption.sources", credit=words.say(f"credit.{credit}"))
    if credit == found.binding:
        caption = f"{caption} ({words.say('credit.binds')})"
    return table(words, caption, SOURCES, [_source(each, words) for each in found.under(credit)])


def _source(each: SourceFigure, words: Words) -> Sequence[str]:
    return [
        each.name,
        words.say(f"origin.{each.origin}"),
        words.number(each.leads),
        with_quadrants(each.sqls_in_all, each.sqls, words),
        words.number(each.taken_off),
        words.share(each.conversion),
        words.number(each.customers),
        words.money(each.revenue_minor),
        words.money(each.cost_minor),
        words.money(round(each.cost_per_sql_minor) if each.cost_per_sql_minor is not None else None),
        words.share(each.return_on_cost),
    ]


def _generated(found: SourceFigures, words: Words) -> Iterator[str]:
    yield table(
        words,
        words.say("caption.generated"),
        "origin leads share_leads sqls customers revenue share_revenue",
        [
            (
                words.say(f"origin.{each.origin}"),
                words.number(each.leads),
                words.share(each.leads_share),
                words.number(each.sqls),
                words.number(each.customers),
                words.money(each.revenue_minor),
                words.share(each.revenue_share),
            )
            for each in found.origins
        ],
    )
    if found.foreign:
        yield table(
            words,
            words.say("caption.foreign"),
            "currency customers revenue",
            [
                (each.currency, words.number(each.customers), words.money(each.minor, each.currency))
                for each in found.foreign
            ],
        )


def speed(found: SpeedFigures, words: Words) -> str:
    """First responses by quadrant; wins and cycle."""
    body = [
        table(
            words,
            words.say("caption.follow_up"),
            FOLLOW_UP,
            [_follow_up(each, words) for each in found.follow_up],
            total=True,
        ),
        table(words, words.say("caption.speed"), "figure count median p90", list(_speeds(found, words))),
        table(words, words.say("speed.win_rate"), "figure value", list(_wins(found, words))),
    ]
    return section("speed", words, body, words.say("note.speed"))


def _follow_up(each: FollowUp, words: Words) -> Sequence[str]:
    lengths = (each.working.median, each.working.p90, each.wall.median, each.wall.p90)
    return [
        words.say(f"quadrant.{each.quadrant}") if each.quadrant else words.say("all"),
        words.number(each.working.n),
        *map(words.length, lengths),
        words.number(each.in_time),
        words.number(each.late),
        words.share(each.share_within),
    ]


def _speeds(found: SpeedFigures, words: Words) -> Iterator[Sequence[str]]:
    to_lead = found.speed_to_lead
    yield [
        words.say("speed.to_lead"),
        words.number(to_lead.n),
        words.length(to_lead.median),
        words.length(to_lead.p90),
    ]
    in_days: tuple[tuple[str, Spread], ...] = (
        ("speed.customer", found.lead_to_customer_days),
        ("speed.cycle", found.cycle_days),
        ("speed.cycle_won", found.cycle_won_days),
    )
    for key, figure in in_days:
        yield [words.say(key), words.number(figure.n), words.days(figure.median), words.days(figure.p90)]


def _wins(found: SpeedFigures, words: Words) -> Iterator[Sequence[str]]:
    yield words.say("speed.won"), words.number(found.won)
    yield words.say("speed.lost"), words.number(found.lost)
    yield words.say("speed.win_rate"), words.share(found.win_rate)


def reasons(found: Sequence[ReasonFigure], words: Words) -> str:
    """Why leads came back or were lost."""
    rows = [
        (
            words.say(f"ending.{each.ending}"),
            words.word("reason", each.reason),
            words.number(each.leads),
            words.number(each.excused),
            words.share(each.share),
        )
        for each in found
    ]
    return section(
        "reasons",
        words,
        [table(words, words.say("caption.reasons"), "ending reason leads excused share", rows)],
    )

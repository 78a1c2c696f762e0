"""The whole page of a month."""

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from sla_monitor.reports.figures.frame import share_with
from sla_monitor.reports.figures.month import Head, MonthReport, SignatureFigure
from sla_monitor.reports.figures.sales import PromiseFigure
from sla_monitor.reports.figures.sources import SourceFigures
from sla_monitor.reports.page import both_sides, flow, people
from sla_monitor.reports.page.pieces import section
from sla_monitor.reports.words import DASH, Words


def month_page(report: MonthReport, language: str) -> str:
    """One self-contained page in a language of `LANGUAGES`."""
    head = report.head
    words = Words(language, head.time_zone, head.currency)
    title = f"{words.say('title')}: {words.month(head.month)}, {head.company}"
    body = [
        _header(report, words),
        both_sides.overview(report, words),
        *both_sides.marketing(report.marketing, words),
        *both_sides.sales(report.sales, words),
        flow.funnel(report.funnel, words),
        *flow.sources(report.sources, words),
        flow.speed(report.speed, words),
        flow.reasons(report.reasons, words),
        people.reps(report.reps, words),
        people.worst(report.disputes.worst, words),
        people.disputes(report, words),
        *people.trials(report.trials, words),
        section("reading", words, [], words.say("note.reading")),
    ]
    return whole(title, language, "".join(body))


def whole(title: str, language: str, body: str) -> str:
    """A page around its body."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head><body><main>{body}</main></body></html>"
    )


@cache
def _style() -> str:
    return files("sla_monitor.reports.page").joinpath("style.css").read_text()


def _header(report: MonthReport, words: Words) -> str:
    head = report.head
    signed = " · ".join(_signature(each, words) for each in head.signatures)
    lines = [
        f"<h1>{escape(words.say('title'))}: {escape(words.month(head.month))}</h1>",
        f"<p><b>{escape(head.company)}</b>. {escape(_agreement(head, words))}</p>",
        f"<p>{escape(_state(head, words))} {escape(signed)}.</p>",
        f'<p class="quiet">{escape(_as_of(head, words))}</p>',
    ]
    tiles = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(figure)}</b><span>{escape(more)}</span></li>"
        for name, figure, more in _tiles(report, words)
    )
    return f'<header>{"".join(lines)}<ul class="tiles">{tiles}</ul></header>'


def _agreement(head: Head, words: Words) -> str:
    if head.agreement_name is None:
        return words.say("head.no_agreement")
    named = words.say("head.agreement", name=head.agreement_name)
    agreed = words.say(
        "head.agreed",
        marketing=head.agreed_by.get("marketing", DASH),
        sales=head.agreed_by.get("sales", DASH),
    )
    return f"{named} {agreed}"


def _state(head: Head, words: Words) -> str:
    return words.say(f"state.{head.state}", day=words.day(head.signs_from))


def _signature(each: SignatureFigure, words: Words) -> str:
    side = words.say(f"side.{each.side}")
    if each.name is None:
        return words.say("signed.not", side=side)
    return words.say("signed.by", side=side, name=each.name, when=words.moment(each.at))


def _as_of(head: Head, words: Words) -> str:
    return words.say("head.as_of", when=words.moment(head.now), zone=head.time_zone, currency=head.currency)


def _tiles(report: MonthReport, words: Words) -> Iterator[tuple[str, str, str]]:
    goals, sources = report.marketing.goals, report.sources
    reached = sum((goal.share or 0) >= 1 for goal in goals)
    of_all = words.say("tile.goals.of", reached=words.number(reached), all=words.number(len(goals)))
    yield words.say("tile.goals"), of_all if goals else DASH, ""
    yield words.say("tile.kept"), words.share(_kept(report.sales.promises)), ""
    works = report.sales.works
    is_share = works.agreed in ("share", "nothing")
    yield words.say("tile.worked"), words.share(works.result if is_share else works.attained), ""
    yield words.say("tile.acceptance"), words.share(report.funnel.acceptance[0].share), ""
    yield words.say("tile.revenue"), words.money(sources.revenue_minor), _revenue(sources, words)
    won = words.say("tile.customers", won=words.number(report.speed.won))
    yield words.say("tile.win"), words.share(report.speed.win_rate), won


def _kept(promises: Sequence[PromiseFigure]) -> float | None:
    """Of all kinds, with corrections as in the table of each."""
    kept = sum(each.kept + each.corrections_kept for each in promises)
    broken = sum(each.broken_by_sales + each.corrections_broken_by_sales for each in promises)
    return share_with(kept, kept + max(0, broken))


def _revenue(sources: SourceFigures, words: Words) -> str:
    """What is corrected of months before, and how much of the goal that makes."""
    told, later, goal = [], sources.corrections_minor, sources.revenue_goal_minor
    if later:
        told.append(words.say("tile.revenue.corrections", amount=words.signed_money(later)))
    if goal:
        reached = words.share((sources.revenue_minor + later) / goal)
        told.append(words.say("tile.revenue.goal", goal=words.money(goal), share=reached))
    return "; ".join(told)

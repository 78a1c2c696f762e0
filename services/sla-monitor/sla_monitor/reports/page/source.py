"""The page of one source: every touch of the month."""

from collections.abc import Sequence
from html import escape

from sla_monitor.reports.figures.touches import SourceReport, TouchFigure
from sla_monitor.reports.page.month import whole
from sla_monitor.reports.page.people import short
from sla_monitor.reports.page.pieces import section, table
from sla_monitor.reports.words import DASH, Words

TOUCHES = "lead at campaign is reason duplicate_of proof window in_window give_back"


def source_page(report: SourceReport, language: str) -> str:
    """One self-contained page."""
    words = Words(language, report.time_zone, report.currency)
    title = f"{words.say('title.source')}: {report.name}, {words.month(report.month)}"
    counts = table(
        words,
        words.say("caption.verdicts"),
        "is count",
        [(words.say(f"touch.{verdict}"), words.number(n)) for verdict, n in report.counts.items()],
    )
    rows = [touch_row(each, words) for each in report.touches]
    listed = table(words, words.say("caption.touches", source=report.name), TOUCHES, rows)
    as_of = words.say(
        "head.as_of", when=words.moment(report.now), zone=report.time_zone, currency=report.currency
    )
    told = " ".join(terms(report, words))
    head = (
        f'<header><h1>{escape(title)}</h1><p>{escape(told)}</p><p class="quiet">{escape(as_of)}</p></header>'
    )
    return whole(title, language, head + section("touches", words, [counts, listed]))


def terms(report: SourceReport, words: Words) -> list[str]:
    """What the source costs, and what it takes back, in sentences."""
    told = []
    if report.cost_minor is not None:
        told.append(words.say("source.cost", cost=words.money(report.cost_minor)))
    if report.window_seconds is None:
        told.append(words.say("source.no_window"))
        return told
    reasons = ", ".join(words.word("reason", reason) for reason in report.reasons)
    told.append(words.say("source.window", window=words.length(report.window_seconds), reasons=reasons))
    value = words.money(report.returnable_minor)
    told.append(words.say("source.returnable", n=words.number(report.returnable), value=value))
    return told


def touch_row(each: TouchFigure, words: Words) -> Sequence[str]:
    """One touch as a row of its table."""
    return [
        short(each.lead_id),
        words.moment(each.at),
        each.campaign or DASH,
        words.say(f"touch.{each.verdict}"),
        words.word("reason", each.reason),
        short(each.duplicate_of) if each.duplicate_of else DASH,
        _proof(each, words),
        words.moment(each.window_ends_at),
        _yes_or_no(each.in_window, words),
        words.say("yes" if each.is_returnable else "no"),
    ]


def _proof(each: TouchFigure, words: Words) -> str:
    said = words.word("proof", each.proof)
    return f"{said}: {each.evidence}" if each.evidence else said


def _yes_or_no(answer: bool | None, words: Words) -> str:
    return DASH if answer is None else words.say("yes" if answer else "no")

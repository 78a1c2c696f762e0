"""The page for management in words."""

from collections.abc import Iterator, Sequence

from sla_monitor.reports.words import DASH
from sla_monitor.rhythm.letters import Letter, Section
from sla_monitor.rhythm.monthly import Change, Measure, MonthlyFigures, SourceReturn, WorksAttained
from sla_monitor.rhythm.texts import Words
from sla_monitor.rhythm.weekly_letter import goal_name, in_unit

_SHARES = (Measure.WIN_RATE, Measure.IN_TIME)


def monthly_letter(figures: MonthlyFigures, language: str, attached: str | None = None) -> Letter:
    """The page of one month, in one language. `attached`: name of the file that has the whole report."""
    words = Words(language, figures.zone, figures.currency)
    state = "closed" if figures.is_closed else "monthly"
    month = words.month(figures.month)
    closing = words.say("closing.elsewhere", month=figures.month)
    if attached is not None:
        closing = words.say("closing.attached", file=attached)
    return Letter(
        language=language,
        subject=words.say(f"subject.{state}", month=month, revenue=words.money(figures.revenue_minor)),
        intro=words.say(f"intro.{state}", company=figures.company),
        sections=list(_sections(figures, words)),
        closing=closing,
        data=figures.model_dump(mode="json"),
    )


def _sections(figures: MonthlyFigures, words: Words) -> Iterator[Section]:
    yield Section(words.say("heading.revenue"), line=_revenue(figures, words))
    yield _marketing(figures, words)
    yield _sales(figures, words)
    generated = (
        (words.say("generated.leads"), words.share(figures.marketing_leads_share)),
        (words.say("generated.revenue"), words.share(figures.marketing_revenue_share)),
    )
    yield Section(words.say("heading.generated"), ("", ""), generated, figures=True)
    yield _sources("best", figures.best, "sources.no_gain" if figures.worst else "sources.none", words)
    if figures.best or figures.worst:
        yield _sources("worst", figures.worst, "sources.no_more", words)
    yield _changes(figures, words)


def _revenue(figures: MonthlyFigures, words: Words) -> str:
    won, later = words.money(figures.revenue_minor), figures.corrections_minor
    goal = figures.revenue_goal_minor
    said = words.say("revenue.no_goal", revenue=won)
    if goal:
        share = words.share(figures.revenue_minor / goal)
        said = words.say("revenue.goal", revenue=won, goal=words.money(goal), share=share)
    if later:
        whole = words.money(figures.revenue_minor + later)
        said += " " + words.say("revenue.corrections", amount=words.signed_money(later), whole=whole)
    if figures.foreign:
        amounts = ", ".join(words.money(each.minor, each.currency) for each in figures.foreign)
        said += " " + words.say("revenue.foreign", amounts=amounts)
    return said


def _marketing(figures: MonthlyFigures, words: Words) -> Section:
    heading = words.say("heading.marketing_side")
    if not figures.goals:
        return Section(heading, line=words.say("pace.none"))
    rows = [
        (
            goal_name(each.id, words),
            in_unit(each.goal, each.counted_in, words),
            in_unit(each.net, each.counted_in, words),
            words.share(each.share),
        )
        for each in figures.goals
    ]
    columns = ["", *(words.say(f"column.{each}") for each in ("goal", "result", "share"))]
    return Section(heading, columns, rows, figures=True)


def _sales(figures: MonthlyFigures, words: Words) -> Section:
    rows = [
        (
            words.say(f"kind.{each.kind}"),
            words.number(each.kept),
            words.number(each.broken),
            words.share(each.share),
        )
        for each in figures.promises
    ]
    columns = ["", *(words.say(f"column.{each}") for each in ("kept", "broken", "share"))]
    works = _works(figures.works, words)
    line = works if rows else f"{words.say('promises.none')} {works}"
    return Section(words.say("heading.sales_side"), columns, rows, figures=True, line=line)


def _works(works: WorksAttained, words: Words) -> str:
    if works.agreed == "nothing" or works.goal is None:
        return words.say("works.no_goal")

    def shown(figure: float | None) -> str:
        if works.agreed == "share" or figure is None:
            return words.share(figure)
        return words.money(figure) if works.agreed == "money" else words.number(figure)

    return words.say("works.line", result=shown(works.result), goal=shown(works.goal))


def _sources(which: str, sources: Sequence[SourceReturn], none: str, words: Words) -> Section:
    heading = words.say(f"heading.{which}")
    if not sources:
        return Section(heading, line=words.say(none))
    rows = [
        (
            each.name,
            words.money(each.cost_minor),
            words.money(each.revenue_minor),
            ("+" if each.gain > 0 else "") + words.share(each.gain),
        )
        for each in sources
    ]
    columns = [words.say(f"column.{each}") for each in ("source", "cost", "revenue", "return")]
    return Section(heading, columns, rows, figures=True)


def _changes(figures: MonthlyFigures, words: Words) -> Section:
    rows = [_change(each, words) for each in figures.changes]
    columns = ["", *(words.say(f"column.{each}") for each in ("this_month", "month_before", "change"))]
    return Section(words.say("heading.changes"), columns, rows, figures=True)


def _change(change: Change, words: Words) -> Sequence[str]:
    label = words.say(f"change.{change.measure}")
    now, before = (_measured(change.measure, each, words) for each in (change.now, change.before))
    if change.now is None or change.before is None:
        return label, now, before, DASH
    return label, now, before, _difference(change.measure, change.now - change.before, words)


def _measured(measure: Measure, figure: float | None, words: Words) -> str:
    if figure is None:
        return DASH
    if measure is Measure.REVENUE:
        return words.money(figure)
    if measure is Measure.RESPONSE:
        return words.length(figure)
    return words.share(figure) if measure in _SHARES else words.number(figure)


def _difference(measure: Measure, by: float, words: Words) -> str:
    """The change of a share is in points of percent."""
    if measure in _SHARES:
        return words.counted("points", round(by * 100, 1), words.signed(by * 100))
    if measure in (Measure.REVENUE, Measure.RESPONSE):
        sign = "" if not by else "+" if by > 0 else "−"
        return sign + _measured(measure, abs(by), words)
    return words.signed(by)

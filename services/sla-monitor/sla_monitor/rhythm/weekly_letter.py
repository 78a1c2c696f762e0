"""The weekly page in words."""

from collections.abc import Iterator, Sequence

from sla_monitor.reports.page.people import short
from sla_monitor.reports.words import DASH
from sla_monitor.rhythm.letters import Item, Letter, Section
from sla_monitor.rhythm.texts import Words
from sla_monitor.rhythm.weekly import Flow, GoalPace, Planned, Speed, Waiting, WeeklyFigures, Win

SHOWN = 15
"""So many rows of one table; how many more there are is said."""


def weekly_letter(figures: WeeklyFigures, company: str, language: str) -> Letter:
    """The page of one week, in one language."""
    words = Words(language, figures.zone, figures.currency)
    wins = words.count("wins", len(figures.wins))
    return Letter(
        language=language,
        subject=words.say(
            "subject.weekly", number=_number(figures), wins=wins, sqls=words.count("sqls", figures.flow.sql)
        ),
        intro=words.say(
            "intro.weekly",
            company=company,
            first=words.day(figures.first_day),
            last=words.day(figures.last_day),
        ),
        sections=list(_sections(figures, words)),
        closing=words.say("closing.weekly", week=figures.week),
        data=figures.model_dump(mode="json"),
    )


def _number(figures: WeeklyFigures) -> int:
    return figures.first_day.isocalendar().week


def _sections(figures: WeeklyFigures, words: Words) -> Iterator[Section]:
    yield _wins(figures, words)
    yield _flow(figures.flow, figures.flow_before, words)
    yield _pace(figures, words)
    yield _speed(figures.speed, figures.speed_before, words)
    yield _breaches(figures, words)
    if figures.objections:
        yield _objections(figures, words)
    yield Section(
        words.say("heading.campaigns"),
        items=[_item(each, words) for each in figures.campaigns],
        line="" if figures.campaigns else words.say("campaigns.none"),
    )
    if figures.news:
        yield Section(words.say("heading.news"), items=[_item(each, words) for each in figures.news])


def _wins(figures: WeeklyFigures, words: Words) -> Section:
    heading = words.say("heading.wins")
    if not figures.wins:
        return Section(heading, line=words.say("wins.none"))
    more = left_out(len(figures.wins), words)
    total = words.say("wins.sum", value=words.money(figures.won_minor))
    return Section(
        heading,
        columns=[words.say(f"column.{each}") for each in ("source", "value", "rep")],
        rows=[_win(each, words) for each in figures.wins[:SHOWN]],
        line=" ".join(filter(None, (more, total))),
    )


def _win(win: Win, words: Words) -> Sequence[str]:
    value = words.say("value.unknown") if win.minor is None else words.money(win.minor, win.currency)
    source = words.say("source.own") if win.source == "own" else win.source
    return source, value, win.rep or DASH


def left_out(number: int, words: Words, shown: int = SHOWN) -> str:
    """How many rows are left out; nothing if none."""
    return words.say("more", n=words.number(number - shown)) if number > shown else ""


def _flow(now: Flow, before: Flow, words: Words) -> Section:
    names = list(Flow.model_fields)
    figures = [(name, getattr(now, name), getattr(before, name)) for name in names]
    rows = [
        (words.say(f"flow.{name}"), words.number(this), words.number(last), words.signed(this - last))
        for name, this, last in figures
    ]
    columns = ["", *(words.say(f"column.{each}") for each in ("this_week", "week_before", "change"))]
    return Section(words.say("heading.flow"), columns, rows, figures=True)


def _pace(figures: WeeklyFigures, words: Words) -> Section:
    heading = words.say("heading.pace", month=words.month(figures.pace_month))
    if not figures.pace:
        return Section(heading, line=words.say("pace.none"))
    columns = [words.say(f"column.{each}") for each in ("goal", "delivered", "due", "ahead")]
    rows = [_goal(each, words) for each in figures.pace]
    return Section(heading, columns, rows, figures=True)


def _goal(pace: GoalPace, words: Words) -> Sequence[str]:
    def shown(figure: float) -> str:
        return in_unit(figure, pace.counted_in, words)

    ahead = round(pace.ahead, 1)
    standing = words.say("pace.even")
    if ahead:
        standing = words.say("pace.ahead" if ahead > 0 else "pace.behind", n=shown(abs(pace.ahead)))
    return (
        f"{goal_name(pace.id, words)} ({shown(pace.goal)})",
        shown(pace.delivered),
        shown(pace.due),
        standing,
    )


def goal_name(goal: str, words: Words) -> str:
    """What a goal is called: a quadrant in the reader's language, or the company's own word for it."""
    return words.either(f"quadrant.{goal}", goal)


def in_unit(figure: float, counted_in: str, words: Words) -> str:
    """A figure of a goal, in what the goal is counted in."""
    if counted_in == "money":
        return words.money(figure)
    shown = words.number(figure, 1)
    return words.counted("points", round(figure, 1), shown) if counted_in == "points" else shown


def _speed(now: Speed, before: Speed, words: Words) -> Section:
    rows = [
        (words.say("speed.answered"), words.number(now.answered), words.number(before.answered)),
        (
            words.say("speed.median"),
            words.length(now.median_seconds),
            words.length(before.median_seconds),
        ),
        (words.say("speed.in_time"), words.share(now.in_time), words.share(before.in_time)),
    ]
    columns = ["", words.say("column.this_week"), words.say("column.week_before")]
    return Section(words.say("heading.speed"), columns, rows, figures=True)


def _breaches(figures: WeeklyFigures, words: Words) -> Section:
    heading = words.say("heading.breaches", n=words.number(figures.open_breaches))
    if not figures.open_breaches:
        return Section(heading, line=words.say("breaches.none"))
    rows = [
        (short(each.lead_id), words.say(f"kind.{each.kind}"), each.rep, words.moment(each.due_at))
        for each in figures.breaches[:SHOWN]
    ]
    more = left_out(figures.open_breaches, words, len(rows))
    columns = [words.say(f"column.{each}") for each in ("lead", "promise", "rep", "since")]
    return Section(heading, columns, rows, line=" ".join(filter(None, (more, words.say("breaches.hint")))))


def _objections(figures: WeeklyFigures, words: Words) -> Section:
    rows = [
        (
            short(each.lead_id),
            _about(each, words),
            words.either(f"side.{each.side}", each.side),
            words.moment(each.at),
        )
        for each in figures.objections[:SHOWN]
    ]
    columns = [words.say(f"column.{each}") for each in ("lead", "about", "side", "at")]
    heading = words.say("heading.objections", n=words.number(len(figures.objections)))
    more = left_out(len(figures.objections), words)
    return Section(heading, columns, rows, line=" ".join(filter(None, (more, words.say("objections.hint")))))


def _about(objection: Waiting, words: Words) -> str:
    about = words.say(f"about.{objection.about}")
    return f"{about}: {words.say(f'kind.{objection.kind}')}" if objection.kind else about


def _item(planned: Planned, words: Words) -> Item:
    key = "planned.begins" if planned.begins else "planned.runs"
    days = words.say(key, first=words.day(planned.first_day), last=words.day(planned.last_day))
    source = words.say("planned.source", source=planned.source) if planned.source else ""
    return Item(f"{planned.name} ({days})", " ".join(filter(None, (planned.text, source))), planned.url)

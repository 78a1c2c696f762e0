"""The few kinds of panels that boards are made of, each with one way to look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus as prom
from grafana_foundation_sdk.models import common, dashboard, prometheus

from baton_dev.boards.queries import Query

DATASOURCE = dashboard.DataSourceRef("prometheus", "prometheus")
GREEN, YELLOW, ORANGE, RED, BLUE, PURPLE, GREY = (
    "green",
    "yellow",
    "orange",
    "red",
    "blue",
    "purple",
    "text",
)
BARS_AT_MOST = 60
"""So many bars a laptop's half screen can show apart."""
Panel = stat.Panel | bargauge.Panel | timeseries.Panel | table.Panel
P = TypeVar("P", stat.Panel, bargauge.Panel, timeseries.Panel, table.Panel)
RUNBOOKS = "runbooks"
"""The variable of every board that has the address of the runbooks."""
Steps = Sequence[tuple[float | None, str]]
"""From which value on a colour holds, rising; the first from None, which is everything below."""
PLAIN: Steps = ((None, BLUE),)
ZERO_IS_WELL: Steps = ((None, GREEN), (1, RED))


@dataclass(frozen=True, slots=True)
class About:
    """What every panel says. `question` is its title, `answer` how to read the figure; `width` of 24.

    `runbooks` are alerts whose pages it links, `boards` uids of boards that say more.
    """

    question: str
    answer: str
    width: int
    height: int = 7
    unit: str = "short"
    decimals: int | None = None
    steps: Steps = PLAIN
    runbooks: Sequence[str] = ()
    boards: Sequence[str] = ()
    colours: dict[str, str] = field(default_factory=dict)


def figure(about: About, *queries: Query) -> stat.Panel:
    """Large numbers, of the whole time that the board shows."""
    panel = stat.Panel().reduce_options(_last()).graph_mode(common.BigValueGraphMode.NONE)
    panel = panel.color_mode(common.BigValueColorMode.VALUE).no_value("none")
    return _described(panel, about, queries, instant=True)


def ranking(about: About, *queries: Query, top: float | None = None) -> bargauge.Panel:
    """One horizontal bar a series, beside each other; `top` is the bar's full length."""
    panel = bargauge.Panel().reduce_options(_last()).orientation(common.VizOrientation.HORIZONTAL)
    panel = panel.display_mode(common.BarGaugeDisplayMode.BASIC).min(0).no_value("none")
    if top is not None:
        panel = panel.max(top)
    return _described(panel, about, queries, instant=True)


def course(about: About, *queries: Query) -> timeseries.Panel:
    """Lines over time."""
    panel = _over_time().line_width(2).fill_opacity(5).show_points(common.VisibilityMode.NEVER)
    return _described(panel.span_nulls(True), about, queries)


def amounts(about: About, *queries: Query) -> timeseries.Panel:
    """Stacked bars over time, each the amount of its stretch: what grew by `[$__interval]`."""
    stacked = options.StackingConfig().mode(common.StackingMode.NORMAL).group("A")
    panel = _over_time().draw_style(common.GraphDrawStyle.BARS).stacking(stacked).fill_opacity(80)
    return _described(panel.line_width(0).interval("1m").max_data_points(BARS_AT_MOST), about, queries)


def listing(about: About, *queries: Query, hidden: Sequence[str] = ("Time",)) -> table.Panel:
    """A row a series, a column a label."""
    panel = table.Panel().show_header(True).no_value("none")
    for name in hidden:
        panel = panel.override_by_name(name, [dashboard.DynamicConfigValue("custom.hidden", True)])
    return _described(panel, about, queries, instant=True, as_table=True)


def _over_time() -> timeseries.Panel:
    legend = options.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST).show_legend(True)
    legend = legend.placement(common.LegendPlacement.BOTTOM).calcs([])
    tooltip = options.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    return timeseries.Panel().legend(legend).tooltip(tooltip.sort(common.SortOrder.DESCENDING)).min(0)


def _last() -> options.ReduceDataOptions:
    return options.ReduceDataOptions().calcs(["lastNotNull"])


def _described(
    panel: P, about: About, queries: Sequence[Query], *, instant: bool = False, as_table: bool = False
) -> P:
    panel = panel.title(about.question).description(about.answer).datasource(DATASOURCE)
    panel = panel.span(about.width).height(about.height).unit(about.unit).thresholds(_thresholds(about.steps))
    panel = panel.links([*map(_runbook, about.runbooks), *map(_board, about.boards)])
    if about.decimals is not None:
        panel = panel.decimals(about.decimals)
    if isinstance(panel, timeseries.Panel):
        panel = panel.color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC))
    else:
        panel = panel.color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    for name, colour in about.colours.items():
        panel = panel.override_by_name(name, [_fixed(colour)])
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        panel = panel.with_target(_target(query, letter, instant=instant, as_table=as_table))
    return panel


def _target(query: Query, letter: str, *, instant: bool, as_table: bool) -> prom.Dataquery:
    target = prom.Dataquery().expr(query.expr).ref_id(letter).editor_mode(prometheus.QueryEditorMode.CODE)
    target = target.legend_format(query.legend).datasource(DATASOURCE)
    if as_table:
        target = target.format(prometheus.PromQueryFormat.TABLE)
    return target.instant() if instant else target.range()


def _thresholds(steps: Steps) -> build.ThresholdsConfig:
    found = [dashboard.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(found)


def _fixed(colour: str) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _runbook(alert: str) -> build.DashboardLink:
    return _link(f"What to do: {alert}", f"${{{RUNBOOKS}}}/{alert}.md").target_blank(True)


def _board(uid: str) -> build.DashboardLink:
    return _link(f"More on {uid.removeprefix('baton-').replace('-', ' ')}", f"/d/{uid}").keep_time(True)


def _link(title: str, url: str) -> build.DashboardLink:
    return build.DashboardLink(title).type(dashboard.DashboardLinkType.LINK).url(url)

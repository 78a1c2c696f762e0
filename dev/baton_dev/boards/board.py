"""A whole board: rows of panels, links to the other boards, and where the runbooks are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from baton_dev.boards.panels import RUNBOOKS, Panel

TAG = "baton"
"""What lists our boards on each other."""


@dataclass(frozen=True, slots=True)
class Board:
    """`since`: what it shows at first, as `now-7d`. Panels of a row are 24 wide together."""

    uid: str
    title: str
    about: str
    since: str
    rows: Sequence[Sequence[Panel]]

    def document(self, runbooks: str) -> dict[str, Any]:
        """The board as Grafana reads it; `runbooks` is the address of the folder of runbooks."""
        made = build.Dashboard(self.title).uid(self.uid).description(self.about).tags([TAG])
        made = made.time(self.since, "now").timezone("browser").refresh("1m").readonly()
        made = made.tooltip(dashboard.DashboardCursorSync.CROSSHAIR).link(_others())
        for panel in (panel for row in self.rows for panel in row):
            made = made.with_panel(panel)
        document: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
        document["templating"] = {"list": [_runbooks_at(runbooks)]}
        for number, panel_document in enumerate(document["panels"], start=1):
            panel_document["id"] = number
        return document


def _others() -> build.DashboardLink:
    link = build.DashboardLink("Baton").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.keep_time(True).as_dropdown(False)


def _runbooks_at(address: str) -> dict[str, Any]:
    """A hidden text variable: another address goes into it by `?var-runbooks=` too."""
    return {
        "name": RUNBOOKS,
        "label": "Runbooks at",
        "type": "textbox",
        "hide": 2,
        "query": address,
        "current": {"text": address, "value": address, "selected": True},
        "options": [{"text": address, "value": address, "selected": True}],
    }

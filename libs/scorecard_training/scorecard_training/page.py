"""The report as one HTML page that needs nothing from outside."""

from html import escape

from scorecard_training.charts import calibration_chart, gains_chart, points_chart, quadrant_chart
from scorecard_training.tables import Table, tables
from scorecard_training.training import Trained

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1f2933;background:#f5f7f9;margin:0}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
section{background:#fff;border:1px solid #d9dee4;border-radius:8px;padding:1rem 1.25rem;margin:1rem 0}
section{overflow-x:auto}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:0 0 .5rem}
p.note{color:#616e7c;margin:.25rem 0 .75rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e4e8ec;vertical-align:top}
th{color:#616e7c;font-weight:600}
.charts{display:flex;flex-wrap:wrap;gap:1rem}
svg{max-width:100%;height:auto}
pre{white-space:pre-wrap;font-size:.85rem;background:#f5f7f9;padding:1rem;border-radius:6px}
"""


def page(trained: Trained) -> str:
    """The whole page."""
    found = trained.validation
    shown = {table.heading: table for table in tables(trained)}
    charts = {
        "Conversion by quadrant": quadrant_chart(found.quadrants),
        "Rules": points_chart(trained.rules, trained.standings),
        "Calibration": f'<div class="charts">{calibration_chart(found.calibration)}'
        f"{gains_chart(found.scores, found.outcome)}</div>",
    }
    sections = [_section(table, charts.get(heading, "")) for heading, table in shown.items()]
    sections.append(f"<section><h2>The scorecard</h2><pre>{escape(trained.text)}</pre></section>")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Learned scorecard</title><style>{_STYLE}</style></head><body><main>",
            "<h1>Learned scorecard</h1>",
            f"<p class='note'>{escape(trained.source)}. Learned on {trained.learned_on}.</p>",
            *sections,
            "</main></body></html>",
        ]
    )


def _section(table: Table, chart: str) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    note = f"<p class='note'>{escape(table.note)}</p>" if table.note else ""
    return (
        f"<section><h2>{escape(table.heading)}</h2>{note}{chart}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
    )

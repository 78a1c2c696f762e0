"""Grafana's boards as code: `python -m baton_dev.boards` writes deploy/grafana/dashboards/*.json.

One module a board. A panel's title is the question it answers, its description says how the figure is made.
"""

"""From the rows of a month to its figures. Pure: what a figure means stands in docs/reports.md."""

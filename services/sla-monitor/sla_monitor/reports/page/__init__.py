"""A report as one HTML page: no script, nothing from outside, every chart as a table, too."""

"""Learns scorecards from history. Only `cli` and `refusals` may be imported without the extra `learn`."""

"""`make bench`: everything in one run on this machine, printed as a table beside what we mean to reach."""

import argparse
import asyncio
import logging
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from baton_dev.stack import Stack
from bench import (
    abuse,
    batching,
    beside_import,
    deciding,
    imports,
    intake,
    path,
    report,
    rescoring,
    routing,
    rules,
    timers,
    tracing,
    training,
    whatif,
)
from bench.company import large_company


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 0 whatever the figures: a measurement is no test."""
    options = _options(argv)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    uvloop.install()
    console = Console(width=None if sys.stdout.isatty() else 140)
    title = f"Baton on {psutil.cpu_count()} cores, Python {platform.python_version()}"
    table = Table("measured", "result", "to reach", title=title)
    with console.status("intake beside the bare handler ..."):
        _intake_rows(table, options.short)
    with console.status("a hundred rules ..."):
        _rule_rows(table)
    with console.status("who gets a lead ..."):
        _deciding_rows(table)
        _routing_rows(table, options.short)
    with console.status("honest clients beside abuse ..."):
        _abuse_rows(table, options.short)
    with console.status("imports ..."):
        _import_rows(table, options)
    with console.status("stored leads under another scorecard ..."):
        _rescoring_row(table, options.short)
    with console.status("past leads through another plan ..."):
        _whatif_row(table, options.short)
    with console.status("timers ..."):
        _timer_rows(table, options)
    with console.status("a month's report ..."):
        _report_row(table, options.short)
    with console.status("what tracing costs ..."):
        _tracing_rows(table, options.short)
    with console.status("learning a scorecard ..."):
        _training_row(table)
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        stack = Stack(Path(folder), large_company())
        with path.running(stack), console.status("the whole path ..."):
            _calm_rows(table, stack, options.short)
            _beside_rows(table, stack, options.short)
            _steady_rows(table, stack, options)
            _memory_rows(table, stack)
            result = asyncio.run(batching.measure(stack, backlog=6000, backlog_one_by_one=1500))
    table.add_row(
        "scoring drains, batched / one by one",
        f"{result.batched:,.0f} / {result.one_by_one:,.0f} leads/s = {result.ratio:.1f}x",
        ">= 5x",
    )
    console.print(table)
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a minute or two instead of ten")
    parser.add_argument("--rate", type=float, default=400, help="leads a second of the sustained load")
    parser.add_argument(
        "--seconds", type=float, help="how long the sustained load runs (300, or 30 when short)"
    )
    parser.add_argument(
        "--million", action="store_true", help="import a million rows, and have a million timers pending, too"
    )
    return parser.parse_args(argv)


def _intake_rows(table: Table, short: bool) -> None:
    found = intake.measure(2.0 if short else 5.0)
    table.add_row(
        "intake / bare FastAPI + pydantic + acks=all, one core each",
        f"{found.intake_rate:,.0f} / {found.bare_rate:,.0f} req/s = {found.ratio:.2f}x",
        ">= 1.0x, aim 1.5x",
    )
    table.add_row(
        "the same with signature, spam rules and Idempotency-Key",
        f"{found.guarded_rate:,.0f} req/s = {found.guarded_ratio:.2f}x",
        ">= 1.0x, aim 1.5x",
    )
    table.add_row("intake's p99 at its limit, 64 connections", f"{found.intake_p99 * 1000:.0f} ms", "")


def _rule_rows(table: Table) -> None:
    found = rules.measure()
    table.add_row(
        f"one lead under {rules.RULES} rules, one in error / each condition by itself",
        f"{found.together * 1e6:.0f} / {found.one_by_one * 1e6:.0f} us = {found.ratio:.1f} times faster",
        "<= 1 ms, aim 200 us",
    )


def _deciding_rows(table: Table) -> None:
    to_reach = {deciding.SMALL: "<= 200 us, aim 50", deciding.LARGE: "<= 1 ms"}
    for found in deciding.measure():
        table.add_row(
            f"a decision among {found.reps:,}, {found.strategy.replace('_', ' ')} / looking at every rep",
            f"{found.plain * 1e6:.0f} / {found.looking * 1e6:,.0f} us = {found.ratio:.0f} times faster; "
            f"{found.aware * 1e6:.0f} us by who can answer in time",
            to_reach[found.reps],
        )


def _routing_rows(table: Table, short: bool) -> None:
    found = routing.measure(4_000 if short else 16_000)
    table.add_row(
        f"routing through PostgreSQL in {routing.POOLS} pools of 50, batched / one by one",
        f"{found.batched:,.0f} / {found.one_by_one:,.0f} leads/s = {found.ratio:.1f}x, "
        f"{found.by_cpu:,.0f} by its own CPU time",
        ">= 1,500, aim 3,000",
    )
    table.add_row(
        f"{routing.ROUTERS} routers over the same pools and reps / one",
        f"{found.sixteen:,.0f} / {found.batched:,.0f} leads/s = {found.contention:.2f}x, "
        f"{found.over_capacity} beyond capacity",
        "0 beyond",
    )
    alone, contending = found.one_pool
    table.add_row(
        f"{routing.ROUTERS} routers at one pool of {routing.REPS} reps / one",
        f"{contending:,.0f} / {alone:,.0f} leads/s = {contending / alone:.2f}x",
        "",
    )


def _import_rows(table: Table, options: argparse.Namespace) -> None:
    sizes = [10_000, 40_000 if options.short else 200_000, *([1_000_000] if options.million else [])]
    short, *longer = imports.measure(*sizes)
    found = longer[-1]
    table.add_row(
        f"import of {found.rows:,} rows through to Kafka, one core",
        f"{found.rate_beyond(short):,.0f} rows/s, {found.rate_of_cpu_beyond(short):,.0f} by its own CPU time",
        ">= 3,000, aim 5,000",
    )
    sizes_told = " / ".join(f"{each.rows:,}" for each in (short, *longer))
    table.add_row(
        f"import: the worker's largest RSS at {sizes_told} rows",
        " / ".join(f"{each.largest / 2**20:.0f}" for each in (short, *longer)) + " MiB",
        "flat",
    )


def _report_row(table: Table, short: bool) -> None:
    found = report.measure(20_000 if short else 100_000)
    took = " / ".join(
        f"{form} {found.seconds[form]:.1f} s, {found.cpu[form]:.1f} s of CPU" for form in found.seconds
    )
    table.add_row(
        f"a month's report over {found.leads:,} leads and {found.promises:,} promises, reading included",
        took,
        "< 10 s over 100,000",
    )


def _tracing_rows(table: Table, short: bool) -> None:
    found = tracing.measure(2.0 if short else 5.0, 1_500 if short else 3_000)
    off = found.off
    for name, side in (("every post", found.on), ("one post in ten", found.one_in_ten)):
        table.add_row(
            f"intake tracing {name} / not tracing, one core",
            f"{side.rate:,.0f} / {off.rate:,.0f} req/s = {tracing.ratio(side.rates, off.rates):.2f}x, "
            f"{side.cpu * 1e6:,.0f} / {off.cpu * 1e6:,.0f} us of CPU a post, "
            f"p99 {side.p99 * 1000:.0f} / {off.p99 * 1000:.0f} ms",
            "",
        )
    (cpu_off, cpu_on), (rate_off, rate_on) = found.scoring_cpu, found.scoring_rate
    table.add_row(
        "scoring drains, every lead traced / not tracing",
        f"{rate_on:,.0f} / {rate_off:,.0f} leads/s, "
        f"{cpu_on * 1e6:,.0f} / {cpu_off * 1e6:,.0f} us of CPU a lead",
        "",
    )


def _training_row(table: Table) -> None:
    found = training.measure()
    table.add_row(
        f"a scorecard learned from {found.rows:,} leads of {found.columns} columns, screened and tested",
        f"{found.seconds:.1f} s, {found.rules} rules, AUC {found.auc:.3f}",
        "< 60 s",
    )


def _rescoring_row(table: Table, short: bool) -> None:
    found = rescoring.measure(10_000 if short else 100_000)
    table.add_row(
        f"rescoring {found.leads:,} stored leads, {found.published:,} published; its RSS before / at most",
        f"{found.rate:,.0f} leads/s, {found.rate_of_cpu:,.0f} by its own CPU time; "
        f"{found.before / 2**20:.0f} / {found.largest / 2**20:.0f} MiB",
        "bounded",
    )


def _whatif_row(table: Table, short: bool) -> None:
    found = whatif.measure(10_000 if short else 100_000)
    table.add_row(
        f"{found.leads:,} past leads through two plans; its RSS after a tenth / at most",
        f"{found.rate:,.0f} leads/s; {found.at_a_tenth / 2**20:.0f} / {found.highest / 2**20:.0f} MiB",
        "bounded",
    )


def _timer_rows(table: Table, options: argparse.Namespace) -> None:
    short = options.short
    found = timers.measure(
        pending=100_000,
        spread=5_000 if short else 10_000,
        window=timedelta(seconds=30 if short else 600),
        more_pending=1_000_000 if options.million else None,
    )
    for firing in (found.at_once, found.at_once_by_three):
        table.add_row(
            f"{len(firing.late):,} timers due at once, 100,000 more pending, monitors: {firing.monitors}",
            f"all said after {firing.seconds:.1f} s, {firing.faults}; {firing.cpu_told}",
            "<= 5 s, none double",
        )
    late, late_read = found.spread.lateness
    table.add_row(
        f"{len(found.spread.late):,} due over {found.window.total_seconds():.0f} s, monitors: 3",
        f"late after reading {late_read}, after the due time {late}, {found.spread.faults}",
        "p99 <= 500 ms, most 1 s after reading",
    )
    table.add_row(
        f"a monitor's RSS with {' / '.join(f'{count:,}' for count in found.rss)} pending; firing",
        f"{' / '.join(f'{size / 2**20:.0f}' for size in found.rss.values())} MiB; "
        f"{found.at_once.rss / 2**20:.0f} MiB",
        "flat",
    )
    table.add_row(
        "handoffs read until their timers stand",
        f"{found.news.rate:,.0f} timers/s, {found.news.by_cpu:,.0f} by its own CPU time",
        "",
    )


def _beside_rows(table: Table, stack: Stack, short: bool) -> None:
    found = asyncio.run(beside_import.measure(stack, seconds=5 if short else 15))
    under_way = "" if found.is_under_way else ", which ended before"
    alone, beside = found.alone, found.beside
    table.add_row(
        f"live leads at {beside_import.RATE:.0f}/s, p99 of 202 to assigned beside an import / alone",
        f"{beside.p99 * 1000:.0f} / {alone.p99 * 1000:.0f} ms = {found.ratio:.1f}x, "
        f"p50 {beside.p50 * 1000:.0f} / {alone.p50 * 1000:.0f} ms; "
        f"{found.rows_a_second:,.0f} rows/s meanwhile{under_way}",
        "<= 2x",
    )


def _abuse_rows(table: Table, short: bool) -> None:
    found = abuse.measure(3.0 if short else 10.0)
    table.add_row(
        "p99 of honest clients beside 10 MB bodies, 500 slow senders, deep JSON, gzip bombs / alone",
        f"{found.abused_p99 * 1000:.0f} / {found.calm_p99 * 1000:.0f} ms = {found.ratio:.1f}x, "
        f"{found.refused_honest} refused, intake {found.rss / 2**20:.0f} MiB",
        "<= 2x, < 200 MiB",
    )


def _calm_rows(table: Table, stack: Stack, short: bool) -> None:
    asyncio.run(path.drive(stack, rate=100, seconds=5, prefix="warm"))
    calm = asyncio.run(path.drive(stack, rate=200, seconds=15 if short else 60, prefix="calm"))
    table.add_row(
        "202 to assigned at 200/s, p50 / p99",
        f"{calm.p50 * 1000:.0f} / {calm.p99 * 1000:.0f} ms",
        "<= 150 / 400, aim 80 / 200",
    )


def _steady_rows(table: Table, stack: Stack, options: argparse.Namespace) -> None:
    seconds = options.seconds or (30 if options.short else 300)
    steady = asyncio.run(path.drive(stack, rate=options.rate, seconds=seconds, prefix="steady"))
    flat = "flat" if steady.is_flat else "GROWING"
    table.add_row(
        f"whole path at {options.rate:.0f}/s for {seconds:.0f} s",
        f"{steady.rate:,.0f} accepted/s, {steady.scored:,} of {steady.accepted:,} scored, lag {flat} "
        f"({steady.lag_first_half:.0f} then {steady.lag_second_half:.0f}), "
        f"drained {steady.drained_seconds:.1f} s after",
        "400/s flat, aim 800",
    )
    table.add_row(
        f"202 to assigned at {options.rate:.0f}/s, p50 / p99",
        f"{steady.p50 * 1000:.0f} / {steady.p99 * 1000:.0f} ms",
        "",
    )


def _memory_rows(table: Table, stack: Stack) -> None:
    sizes = [
        f"{name} {psutil.Process(process.pid).memory_info().rss / 2**20:.0f} MiB"
        for name, process in stack.services.items()
    ]
    table.add_row("RSS after the load", ", ".join(sizes), "<= 120 MiB each")


if __name__ == "__main__":
    sys.exit(main())

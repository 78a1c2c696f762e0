"""How the command line asks for reports and pages: it waits while another one is made, and writes files."""

import sys
from pathlib import Path

import httpx

from baton_cli.client import Client
from baton_cli.errors import BadUsage
from baton_cli.output import progress
from baton_cli.stack import Service

TIMEOUT_SECONDS = 130.0
"""Longer than a report may take, or the wait for one."""
PATIENCE_SECONDS = 300.0
"""How long it is asked again while another report is being made."""


def ask(client: Client, path: str, **params: str) -> httpx.Response:
    """The answer of sla-monitor, once it has time for one."""
    return client.patient("GET", Service.SLA_MONITOR, path, at_most=PATIENCE_SECONDS, params=params)


def write_page(target: Path, content: bytes) -> None:
    """Into a file, or the terminal for `-`. Raises BadUsage for a file that cannot be written."""
    if str(target) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        target.write_bytes(content)
    except OSError as error:
        raise BadUsage(
            f"{target} cannot be written ({error.strerror}): name a file in a folder that is there"
        ) from None
    progress(f"{target} is written.")

"""One fault for somebody to find: they get the alert and where to look, and not what was done."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from baton_dev.databases import with_database
from baton_dev.faults.drill import await_calm
from baton_dev.faults.fault import Fault
from baton_dev.faults.site import JOBS, Site
from baton_dev.letters import Letter
from baton_dev.postgres import bin_dir
from baton_dev.stack import DATABASE

LOOKS_EVERY = 0.5
_NAMES = re.compile(r"Baton\w+")
_WORDS = re.compile(r"[\w-]+")
"""Of a letter's subject: Alertmanager writes into it what the letter's alerts have in common."""


def practise(site: Site, fault: Fault, say: Callable[[str], None]) -> None:
    """Plant the fault and tell each letter of Alertmanager as it comes, until Ctrl-C."""
    await_calm(site)
    say(_places(site))
    read = len(site.alerts_mail.letters())
    with fault.plant(site):
        say("\nSomething is wrong now. Wait for the alert, then find out what. Ctrl-C ends it.\n")
        try:
            _tell_letters(site, read, say)
        finally:
            say(answer(fault))


def _tell_letters(site: Site, read: int, say: Callable[[str], None]) -> None:
    while True:
        time.sleep(LOOKS_EVERY)
        letters = site.alerts_mail.letters()
        for letter in letters[read:]:
            say(told(letter, site.watchers.received()))
        read = len(letters)


def answer(fault: Fault) -> str:
    """What it was, for who has looked for it."""
    return f"""
It was {fault.name}: {fault.happens}.
Its alert is {fault.alert}, a {fault.severity}: docs/operations/runbooks/{fault.alert}.md.
It is taken back now."""


def told(letter: Letter, alerts: Sequence[dict[str, Any]]) -> str:
    """A letter with the words of its alerts, as a pager shows them."""
    names = set(_NAMES.findall(letter.subject))
    jobs = set(_WORDS.findall(letter.subject)) & set(JOBS.values())
    lines = [f"{letter.sent}  to {letter.to}: {letter.subject}"]
    for alert in alerts:
        labels, is_active = alert["labels"], alert["status"]["state"] == "active"
        is_of_it = not jobs or labels.get("job") in (None, *jobs)
        if labels["alertname"] in names and is_active and is_of_it:
            notes = alert["annotations"]
            lines += [f"    {notes['summary']}", f"    {notes['description']}"]
    runbooks = [f"    docs/operations/runbooks/{name}.md" for name in sorted(names)]
    return "\n".join([*dict.fromkeys(lines), *runbooks])


def _places(site: Site) -> str:
    at = site.stack.description
    services = "".join(f"\n  {job:12} {at[name]}" for name, job in JOBS.items())
    return f"""
All is well so far. Where to look:{services}
  Prometheus   {site.watchers.prometheus.base_url}
  Alertmanager {site.watchers.alertmanager.base_url}
  letters      {site.alerts_mail.url} (to whom alerts go), {site.reps_mail.url} (to reps)
  logs         {site.stack.home}/logs, and of Kafka and PostgreSQL in its folders kafka and postgres
  PostgreSQL   {bin_dir()}/psql {with_database(site.stack.postgres.dsn, DATABASE)}
  Kafka        {at["kafka"]}
  processes    ps -ef | grep {site.stack.home.parent}; each service's settings: /proc/PID/environ
  the command  export BATON_STACK={site.stack.home}/stack.json; .venv/bin/baton status
Five minutes of the rules pass in {site.pace.seconds(300):g} s, an hour in {site.pace.seconds(3600):g} s."""

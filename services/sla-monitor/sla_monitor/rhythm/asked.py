"""What is asked of the process that computes a page, and what it answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from rulebook.models import TextLanguage
from sla_monitor.child_process import StoreQuestion
from sla_monitor.rhythm.schedule import PageKind


class Question(StoreQuestion):
    """Which page. `now`: the database's time; `languages`: those in which the whole report goes with it."""

    kind: PageKind
    period: str
    now: datetime
    languages: list[TextLanguage]


class Figured(BaseModel):
    """The figures of a page, and the reports that go with it by language."""

    company: str
    figures: dict[str, Any]
    reports: dict[TextLanguage, str]

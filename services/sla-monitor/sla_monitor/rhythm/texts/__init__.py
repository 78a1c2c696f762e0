"""What pages say, in each language; a test holds the languages to the same keys and places."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from sla_monitor.reports.texts import CATALOGUE as OF_REPORTS
from sla_monitor.reports.words import DASH, LOCALES
from sla_monitor.reports.words import Words as Written
from sla_monitor.rhythm.texts import en, es, it, pt, ro

CATALOGUE = MappingProxyType({"en": en.TEXTS, "es": es.TEXTS, "it": it.TEXTS, "pt": pt.TEXTS, "ro": ro.TEXTS})


@dataclass(frozen=True, slots=True)
class Words(Written):
    """The words of one language for letters: figures as the report writes them, rounded more, and days and
    moments without their year."""

    @property
    def texts(self) -> Mapping[str, str]:
        """Those of pages; what they do not say themselves is said as in the report."""
        return ChainMap(CATALOGUE[self.language], OF_REPORTS[self.language])

    def either(self, key: str, other: str) -> str:
        """The text of a key, or `other` where there is none: what a company named itself."""
        return self.texts.get(key, other)

    def count(self, key: str, number: int) -> str:
        """So many of something, in the form that the language has for the number."""
        return self.counted(key, number, self.number(number))

    def number(self, figure: float | None, digits: int = 1) -> str:
        """With at most so many digits behind the comma, one where nothing else is said."""
        return Written.number(self, figure, digits)

    def signed(self, figure: float | None) -> str:
        """With its sign, also where it is more, and with one digit."""
        return Written.signed(self, None if figure is None else round(figure, 1))

    def day(self, day: date | None) -> str:
        """A day of the year."""
        return DASH if day is None else format_skeleton("MMMMd", day, locale=LOCALES[self.language])

    def moment(self, at: datetime | None) -> str:
        """A moment of the year as the readers' clocks show it."""
        if at is None:
            return DASH
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{format_skeleton('MMMd', local.date(), locale=LOCALES[self.language])}, {local:%H:%M}"

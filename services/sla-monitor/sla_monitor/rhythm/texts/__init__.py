"""What pages say, in each language; a test holds the languages to the same keys and places."""

from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from sla_monitor.reports.words import LOCALES, plural
from sla_monitor.reports.words import Words as Written
from sla_monitor.rhythm.texts import en, es, it, pt, ro

CATALOGUE = MappingProxyType({"en": en.TEXTS, "es": es.TEXTS, "it": it.TEXTS, "pt": pt.TEXTS, "ro": ro.TEXTS})


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, for readers whose clocks show `zone` and whose money is `currency`.

    Figures are written as the report writes them.
    """

    language: str
    zone: str
    currency: str

    def say(self, key: str, **places: object) -> str:
        """The text of a key, its places filled."""
        return CATALOGUE[self.language][key].format(**places)

    def either(self, key: str, other: str) -> str:
        """The text of a key, or `other` where there is none: what a company named itself."""
        return CATALOGUE[self.language].get(key, other)

    def count(self, key: str, number: int) -> str:
        """So many of something, in the form that the language has for the number."""
        return self.say(f"{key}.{plural(self.language, number)}", n=self.number(number))

    def counted(self, key: str, figure: float, said: str) -> str:
        """A figure as it is `said`, with its word in the form that the language has for so many."""
        return self.say(f"{key}.{plural(self.language, figure)}", n=said)

    def number(self, figure: float | None, digits: int = 1) -> str:
        """A figure; digits that are nothing are left out."""
        return self._written.number(figure, digits)

    def signed(self, figure: float) -> str:
        """As `number`, with its sign."""
        return self._written.signed(round(figure, 1))

    def money(self, minor: float | None, currency: str | None = None) -> str:
        """An amount with its currency; None: the company's."""
        return self._written.money(minor, currency)

    def share(self, part: float | None) -> str:
        """In percent."""
        return self._written.share(part)

    def length(self, seconds: float | None) -> str:
        """Days, hours and minutes, or seconds below one minute."""
        return self._written.length(seconds)

    def day(self, day: date) -> str:
        """A day of the year."""
        return format_skeleton("MMMMd", day, locale=LOCALES[self.language])

    def month(self, name: str) -> str:
        """A month such as 2026-11."""
        return self._written.month(name)

    def moment(self, at: datetime) -> str:
        """A moment as the readers' clocks show it."""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{format_skeleton('MMMd', local.date(), locale=LOCALES[self.language])}, {local:%H:%M}"

    @property
    def _written(self) -> Written:
        return Written(self.language, self.zone, self.currency)

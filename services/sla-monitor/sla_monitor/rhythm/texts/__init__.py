"""What pages say, in each language; a test holds the languages to the same keys and places."""

from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sla_monitor.rhythm.texts import en, es, it, pt, ro

CATALOGUE = MappingProxyType({"en": en.TEXTS, "es": es.TEXTS, "it": it.TEXTS, "pt": pt.TEXTS, "ro": ro.TEXTS})
_DECIMALS = MappingProxyType(
    {
        code: digits
        for digits, codes in (
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (4, "CLF"),
        )
        for code in codes.split()
    }
)
"""Digits after the point by ISO 4217, where they are not two."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, for readers whose clocks show `zone`."""

    language: str
    zone: str = "UTC"

    def say(self, key: str, **places: object) -> str:
        """The text of a key, its places filled."""
        return CATALOGUE[self.language][key].format(**places)

    def either(self, key: str, other: str) -> str:
        """The text of a key, or `other` where there is none: what a company named itself."""
        return CATALOGUE[self.language].get(key, other)

    def count(self, key: str, number: int) -> str:
        """So many of something, in the form that the language has for the number."""
        return self.say(f"{key}.{plural(self.language, number)}", n=self.number(number))

    def number(self, figure: float, decimals: int = 0) -> str:
        """A figure with the language's separators; decimals that are nothing are left out."""
        text = f"{figure:,.{decimals}f}"
        whole, _, part = text.partition(".")
        part = part.rstrip("0")
        groups, point = self.say("number.groups"), self.say("number.point")
        return whole.replace(",", groups) + (f"{point}{part}" if part else "")

    def signed(self, figure: float, decimals: int = 0) -> str:
        """As `number`, with its sign."""
        shown = self.number(abs(figure), decimals)
        if shown == "0":
            return shown
        return f"{'−' if figure < 0 else '+'}{shown}"

    def money(self, minor: float, currency: str) -> str:
        """An amount with its currency."""
        decimals = _DECIMALS.get(currency, 2)
        return f"{self.number(minor / 10**decimals, decimals)} {currency}"

    def share(self, part: float | None) -> str:
        """A share in percent; a dash for none."""
        return "–" if part is None else self.say("share", n=self.number(part * 100))

    def length(self, seconds: float | None) -> str:
        """Hours and minutes, or seconds below one minute; a dash for none."""
        if seconds is None:
            return "–"
        minutes, left = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{self.number(hours)} h {minutes} min" if minutes else f"{self.number(hours)} h"
        return f"{minutes} min" if minutes else f"{left} s"

    def day(self, day: date) -> str:
        """A day of the year."""
        return self.say("day", day=day.day, month=self.say("months").split()[day.month - 1])

    def month(self, year: int, month: int) -> str:
        """A month of a year."""
        return self.say("month", month=self.say("months").split()[month - 1], year=year)

    def moment(self, at: datetime) -> str:
        """A moment as the readers' clocks show it."""
        local = at.astimezone(ZoneInfo(self.zone))
        return self.say("moment", day=self.day(local.date()), time=f"{local:%H:%M}")


def plural(language: str, number: int) -> str:
    """The plural form of a number, by the rules of Unicode's CLDR for these languages and whole numbers."""
    if number == 1:
        return "one"
    if language == "ro" and (number == 0 or 0 < number % 100 < 20):
        return "few"
    return "other"

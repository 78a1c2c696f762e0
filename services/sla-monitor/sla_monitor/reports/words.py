"""Words, numbers, days and money as a reader of one language writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from lead_events.money import minor_digits
from rulebook.models.people import TextLanguage
from sla_monitor.reports.texts import CATALOGUE

DASH = "–"
"""Nothing to count, or nothing to divide by."""
LOCALES: Mapping[str, str] = {"en": "en_GB", "es": "es_ES", "pt": "pt_PT", "it": "it_IT", "ro": "ro_RO"}
LANGUAGES: tuple[TextLanguage, ...] = ("en", "es", "pt", "it", "ro")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, for a company whose clock shows `zone` and whose money is `currency`."""

    language: str
    zone: str
    currency: str

    @property
    def texts(self) -> Mapping[str, str]:
        """By their keys."""
        return CATALOGUE[self.language]

    def say(self, key: str, **places: object) -> str:
        """The text of a key, its places filled. Raises KeyError for a key that is not there."""
        return self.texts[key].format(**places)

    def word(self, kind: str, word: str | None) -> str:
        """A word of a closed list; one that a rulebook made up is said as it is written there."""
        if word is None:
            return DASH
        return self.texts.get(f"{kind}.{word}", word.replace("_", " "))

    def counted(self, key: str, figure: float, said: str) -> str:
        """A figure as it is `said`, with its word in the form that the language has for so many."""
        return self.say(f"{key}.{plural(self.language, figure)}", n=said)

    def number(self, figure: float | None, digits: int = 2) -> str:
        """With at most so many digits behind the comma, and a true minus sign."""
        if figure is None:
            return DASH
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        shown = Decimal(str(round(figure, digits) or 0))
        return _signed(format_decimal(shown, pattern, self._locale))

    def signed(self, figure: float | None) -> str:
        """With its sign, also where it is more."""
        plus = "+" if figure is not None and round(figure, 2) > 0 else ""
        return plus + self.number(figure)

    def share(self, part: float | None) -> str:
        """In per cent, with one digit; what is not all of it is never 100 %, and what is any never 0 %."""
        if part is None:
            return DASH
        part = short_of(part)
        pattern = str(Locale.parse(self._locale).percent_formats[None].pattern)
        return _signed(format_percent(Decimal(str(part)), pattern.replace("##0", "##0.0"), self._locale))

    def money(self, minor: float | None, currency: str | None = None) -> str:
        """An amount of minor units; without its cents where there are none."""
        if minor is None:
            return DASH
        currency = currency or self.currency
        amount = Decimal(str(round(minor, 3) or 0)).scaleb(-minor_digits(currency))
        pattern = str(Locale.parse(self._locale).currency_formats["standard"].pattern)
        whole = amount == amount.to_integral_value()
        pattern = pattern.replace("0.00", "0") if whole else pattern
        return _signed(format_currency(amount, currency, pattern, self._locale, currency_digits=not whole))

    def signed_money(self, minor: float) -> str:
        """As `money`, with its sign, also where it is more."""
        return ("+" if round(minor, 2) > 0 else "") + self.money(minor)

    def day(self, day: date | None) -> str:
        """A day with its year."""
        return DASH if day is None else format_date(day, "medium", self._locale)

    def day_of_month(self, day: date) -> str:
        """Its number alone."""
        return str(day.day)

    def moment(self, at: datetime | None) -> str:
        """A moment by the company's clock."""
        if at is None:
            return DASH
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{self.day(local.date())}, {local:%H:%M}"

    def month(self, name: str | None) -> str:
        """A month such as 2026-11, in words."""
        if name is None:
            return DASH
        year, _, month = name.partition("-")
        return format_date(date(int(year), int(month), 1), "LLLL y", self._locale)

    def length(self, seconds: float | None) -> str:
        """A length of time in the units that suit it: by their international signs up to hours, and days in
        words."""
        if seconds is None:
            return DASH
        if seconds < 60:
            return f"{self.number(seconds, 0)} s"
        minutes = round(seconds / 60)
        if minutes < 60:
            return f"{minutes} min"
        hours, rest = divmod(minutes, 60)
        if hours < 48:
            return f"{hours} h {rest:02} min" if rest else f"{hours} h"
        days = round(seconds / 86_400, 1)
        return self.counted("days", days, self.number(days, 1))

    def days(self, figure: float | None) -> str:
        """So many days, with one digit."""
        return self.number(figure, 1)

    def list(self, kind: str, words: Mapping[str, int]) -> str:
        """Numbers by words of a closed list, such as perfect 2, warm 5."""
        return ", ".join(f"{self.word(kind, word)} {self.number(n)}" for word, n in words.items() if n)

    @property
    def _locale(self) -> str:
        return LOCALES[self.language]


def short_of(part: float) -> float:
    """A share as it is shown with one digit of per cent: all and nothing only where it is so."""
    if 0 < part < 1:
        return min(max(round(part, 3), 0.001), 0.999)
    return 0.0 if -0.0005 < part <= 0 else part


def plural(language: str, figure: float) -> str:
    """The plural form of a figure, by the rules of Unicode's CLDR for these languages, its sign aside."""
    figure = abs(figure)
    if figure == 1:
        return "one"
    is_few = figure != int(figure) or figure == 0 or 0 < figure % 100 < 20
    return "few" if language == "ro" and is_few else "other"


def _signed(figure: str) -> str:
    return figure.replace("-", "−")

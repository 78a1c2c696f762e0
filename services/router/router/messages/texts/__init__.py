"""What messages and pages say, in each language; a test holds the languages to the same keys and places."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from router.domain.said import read_said, say
from router.domain.why_words import ENGLISH
from router.messages.texts import en, es, it, pt, ro
from router.messages.texts.promises_en import PROMISES as OF_PROMISES_EN
from router.messages.texts.promises_es import PROMISES as OF_PROMISES_ES
from router.messages.texts.promises_it import PROMISES as OF_PROMISES_IT
from router.messages.texts.promises_pt import PROMISES as OF_PROMISES_PT
from router.messages.texts.promises_ro import PROMISES as OF_PROMISES_RO
from router.messages.texts.why_es import WHY as ES
from router.messages.texts.why_it import WHY as IT
from router.messages.texts.why_pt import WHY as PT
from router.messages.texts.why_ro import WHY as RO

CATALOGUE = MappingProxyType(
    {
        "en": en.TEXTS | OF_PROMISES_EN,
        "es": es.TEXTS | OF_PROMISES_ES,
        "it": it.TEXTS | OF_PROMISES_IT,
        "pt": pt.TEXTS | OF_PROMISES_PT,
        "ro": ro.TEXTS | OF_PROMISES_RO,
    }
)
WHY = MappingProxyType({"en": ENGLISH, "es": ES, "it": IT, "pt": PT, "ro": RO})


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, for somebody whose clock shows `zone`."""

    language: str
    zone: str = "UTC"

    def say(self, key: str, **places: object) -> str:
        """The text of a key, its places filled."""
        return CATALOGUE[self.language][key].format(**places)

    def say_of(self, key: str, kind: str, **places: object) -> str:
        """The text of a key as it is said of one kind, where that has its own."""
        own = f"{key}.{kind}"
        return self.say(own if own in CATALOGUE[self.language] else key, **places)

    def why(self, sentence: Mapping[str, Any]) -> str:
        """A sentence of why, as it is kept. Raises KeyError for one that is not in the words."""
        return say(read_said(sentence), WHY[self.language], self.moment)

    def count(self, key: str, number: int) -> str:
        """So many of something, in the form that the language has for the number."""
        return self.say(f"{key}.{plural(self.language, number)}", n=number)

    def moment(self, at: datetime) -> str:
        """A moment as the reader's clock shows it, with its zone."""
        local = at.astimezone(ZoneInfo(self.zone))
        return self.say(
            "moment",
            weekday=self.say("weekdays").split()[local.weekday()],
            day=local.day,
            month=self.say("months").split()[local.month - 1],
            time=f"{local:%H:%M}",
            zone=self.zone,
        )


def plural(language: str, number: int) -> str:
    """The plural form of a number, by the rules of Unicode's CLDR for these languages and whole numbers."""
    if number == 1:
        return "one"
    if language == "ro" and (number == 0 or 0 < number % 100 < 20):
        return "few"
    return "other"


@lru_cache(maxsize=512)
def words_for(language: str | None, zone: str | None) -> Words:
    """The words for a rep; English for a language that messages are not written in."""
    return Words(language if language and language in CATALOGUE else "en", zone or "UTC")

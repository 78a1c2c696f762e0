"""The scorecards of each version of the rulebook, compiled once a process."""

from datetime import datetime
from functools import partial

from rulebook.cel import compile_condition
from rulebook.context import SCORING_VARIABLES
from rulebook.versions import History, Versioned
from scoring.domain.book import Cards, CardsAt
from scoring.domain.score import compile_scorecard

_compile = partial(compile_condition, variables=SCORING_VARIABLES)


class CompiledCards:
    """Compiled scorecards by version. Not thread-safe: conditions are evaluated on the event loop."""

    def __init__(self) -> None:
        self._by_version: dict[int, tuple[Versioned, Cards]] = {}

    def of(self, history: History) -> CardsAt:
        """The scorecards in force at a moment, by event time."""

        def cards_at(moment: datetime) -> Cards:
            return self._compiled(history.at(moment))

        return cards_at

    def _compiled(self, versioned: Versioned) -> Cards:
        """A store restored to an earlier moment may give a number to other content: then compiled anew."""
        known = self._by_version.get(versioned.version)
        if known is not None and known[0] is versioned:
            return known[1]
        by_line = {
            line: compile_scorecard(card, _compile) for line, card in versioned.rulebook.scorecards.items()
        }
        cards = Cards(versioned.version, by_line)
        self._by_version[versioned.version] = versioned, cards
        return cards

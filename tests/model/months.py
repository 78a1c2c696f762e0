"""A whole random month, and the order in which its news arrives: late, twice, shuffled."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lead_events import LeadMerged, RulebookPublished
from tests.model.company import Company, a_company, an_id
from tests.model.history import News
from tests.model.stories import Story

BEFORE = timedelta(days=30)
AFTER = timedelta(days=6)
"""How long after the month the last look is taken."""
DELAYS = ((0.1, 0.75), (300, 0.12), (20_000, 0.08), (400_000, 0.05))
"""At most so many seconds late, with which chance."""


@dataclass(frozen=True)
class Posted:
    """One event on its topic, and when it arrives there. `lead` None: it is about no lead alone."""

    topic: str
    key: str
    news: News
    at: datetime
    lead: UUID | None = None


@dataclass(frozen=True, eq=False)
class Month:
    """All that is published, in order of arrival, and the moments at which the monitor looks."""

    seed: int
    company: Company
    posted: tuple[Posted, ...]
    looks: tuple[datetime, ...]
    is_prompt: bool = False
    """Whether all news arrives at once and somebody looks at each moment that matters."""

    @property
    def now(self) -> datetime:
        """The last look: everything is read by then."""
        return self.looks[-1]

    @property
    def news(self) -> list[News]:
        return [each.news for each in self.posted]

    @property
    def leads(self) -> list[UUID]:
        return sorted({each.lead for each in self.posted if each.lead is not None})

    def only(self, leads: Collection[UUID]) -> "Month":
        """The same with some of its leads."""
        kept = tuple(each for each in self.posted if each.lead is None or each.lead in leads)
        return replace(self, posted=kept)

    def without(self, *ids: UUID) -> "Month":
        """The same without some events."""
        return replace(self, posted=tuple(each for each in self.posted if each.news.id not in ids))


def a_month(seed: int, leads: int = 16, most_looks: int = 13) -> Month:
    """The month of a seed."""
    rng = random.Random(seed)
    company = a_company(rng)
    posted = [*_of_company(rng, company)]
    for _ in range(leads):
        story = Story(rng, company)
        for topic, key, news in story.tell():
            posted.append(_arriving(rng, topic, key, news, _at(news), story.lead))
    posted = list(_with_heirs(random.Random(f"heirs {seed}"), posted))
    twice = [replace(each, at=each.at + timedelta(seconds=rng.randrange(90_000))) for each in posted]
    posted += [each for each in twice if rng.random() < 0.08]
    return Month(seed, company, _arrived(rng, posted), _looks(rng, company)[-most_looks:])


def _with_heirs(rng: random.Random, posted: list[Posted]) -> Iterator[Posted]:
    """Of most leads that end in another it is told in which: one of the month's."""
    leads = sorted({each.lead for each in posted if each.lead is not None})
    for each in posted:
        event = each.news.event
        if isinstance(event, LeadMerged) and rng.random() < 0.8:
            others = [lead for lead in leads if lead not in event.leads_ended]
            heirs = [rng.choice(others) for _ in event.leads_ended]
            yield replace(each, news=replace(each.news, event=event.model_copy(update={"ended_in": heirs})))
        else:
            yield each


def in_order(month: Month, moments: Collection[datetime]) -> Month:
    """The same with no news late, once each, and a look after every fact and every one of `moments`."""
    once = {each.news.id: each for each in month.posted}.values()
    prompt = [replace(each, at=_published(each.news).astimezone(UTC)) for each in once]
    ends = {each.at for each in prompt} | set(moments)
    looks = sorted({at for at in ends if month.company.start - BEFORE < at < month.now} | {month.now})
    posted = tuple(sorted(prompt, key=lambda each: each.at))
    return replace(month, posted=posted, looks=tuple(looks), is_prompt=True)


def _published(news: News) -> datetime:
    at: datetime | None = getattr(news.event, "published_at", None)
    return at or _at(news)


def _of_company(rng: random.Random, company: Company) -> list[Posted]:
    posted = []
    for number, (since, rulebook) in company.rulebooks.items():
        published = since - timedelta(minutes=5)
        event = RulebookPublished(
            version=number,
            effective_from=since,
            published_at=published,
            published_by="ops",
            checksum=f"c{number}",
            rulebook=rulebook,
        )
        news = News(an_id(rng), event)
        late = timedelta(hours=rng.choice((0, 0, 5))) if number > 1 else timedelta(0)
        posted.append(Posted("rulebook-published", str(number), news, published.astimezone(UTC) + late))
    for rep in company.reps:
        for change in rep.changes:
            news = News(an_id(rng), change)
            posted.append(_arriving(rng, "rep-availability-changed", rep.id, news, change.at, None))
    return posted


def _at(news: News) -> datetime:
    event = news.event
    journey = getattr(event, "journey", None)
    at: datetime = journey.scored_at if journey is not None else event.at  # type: ignore[attr-defined]
    return at


def _arriving(
    rng: random.Random, topic: str, key: str, news: News, at: datetime, lead: UUID | None
) -> Posted:
    (most, _) = rng.choices(DELAYS, [chance for _, chance in DELAYS])[0]
    return Posted(topic, key, news, at.astimezone(UTC) + timedelta(seconds=rng.uniform(0, most)), lead)


def _arrived(rng: random.Random, posted: list[Posted]) -> tuple[Posted, ...]:
    """By arrival; in a third of the months in no order at all."""
    if rng.random() < 0.33:
        rng.shuffle(posted)
        return tuple(posted)
    return tuple(sorted(posted, key=lambda each: each.at))


def _looks(rng: random.Random, company: Company) -> tuple[datetime, ...]:
    last = (company.end + AFTER).astimezone(UTC)
    start = company.start.astimezone(UTC)
    span = (company.end - company.start) / timedelta(seconds=1)
    between = [start + timedelta(seconds=rng.uniform(0, span)) for _ in range(rng.choice((0, 2, 6, 12)))]
    return (*sorted(between), last)

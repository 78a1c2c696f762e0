"""Submissions of a few persons as mappings make them, taken in memory, and what their leads must be then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import strategies as st

from lead_events import Attribution, Consent, ImportedRow, LeadSubmitted, Profile, Receipt, Rerun
from lead_events.words import RerunKind
from rulebook.models import Scorecard
from scorecard.compiled import compile_scorecard
from scoring.domain.acts import Act
from scoring.domain.book import LeadBook
from scoring.domain.desk import Desk
from scoring.domain.holdings import Holdings
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import Key, KeyName, People
from scoring.domain.publications import Cards
from scoring.domain.submissions import Fate, Incoming, Kept, act_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CARD = compile_scorecard(Scorecard(fit=[], interest=[]))
CARDS = Cards(1, {"main": CARD, "training": CARD}, "EUR")
EVA, LEO, PHONE = ("email", "eva@example.com"), ("email", "leo@example.com"), ("phone", "+34600111222")
OFFICE = ("role", "info@example.com")
SENDERS: tuple[tuple[KeyName, ...], ...] = (
    (EVA,),
    (LEO,),
    (PHONE,),
    (EVA, PHONE),
    (LEO, PHONE),
    (OFFICE, PHONE),
)
"""The fourth shows that the first and the third are one person, and with the fifth that they are not."""
IMPORT = UUID(int=7)


@dataclass(frozen=True)
class Mapped:
    """What a mapping made of one submission of one of SENDERS."""

    sender: int
    asks: bool
    is_test: bool
    consent: str | None
    campaign: str | None
    lines: tuple[str, ...]


mapped = st.builds(
    Mapped,
    sender=st.integers(0, len(SENDERS) - 1),
    asks=st.booleans(),
    is_test=st.booleans(),
    consent=st.sampled_from([None, "Yes, call me.", "Yes, write to me."]),
    campaign=st.sampled_from([None, "spring", "fair"]),
    lines=st.sampled_from([("main",), ("main", "training"), ("training",)]),
)


first = st.lists(st.tuples(mapped, st.booleans()), min_size=1, max_size=5)
"""With whether it is a row of an import: those ask for nothing."""


def incoming(number: int, what: Mapped, is_row: bool = False, again: int = 0) -> Incoming:
    received = START + timedelta(minutes=10 * number)
    consent = what.consent and Consent(given=True, text=what.consent, at=received)
    submission = LeadSubmitted(
        submission_id=uuid5(UUID(int=0), str(number)),
        form_id="demo",
        lines=list(what.lines),
        source="website",
        campaign=what.campaign,
        fingerprint=str(number),
        received_at=received,
        fields={},
        profile=profile_of(SENDERS[what.sender]),
        attribution=Attribution(utm_campaign=what.campaign),
        consent=consent or None,
        explicit_ask=what.asks and not is_row,
        is_test=what.is_test,
        receipt=Receipt(instance="i", number=number + 1),
        rulebook_version=1,
        imported=ImportedRow(import_id=IMPORT, row=number + 1) if is_row else None,
    )
    if again:
        rerun = Rerun(kind=RerunKind.REMAPPED, cause_id=UUID(int=again), at=START, by="ana")
        submission = submission.model_copy(update={"rerun": rerun})
    event = uuid5(UUID(int=1), f"{number} {again}")
    return Incoming(submission, event, received, False, SENDERS[what.sender])


def profile_of(keys: tuple[KeyName, ...]) -> Profile:
    return Profile(**{"email" if kind == "role" else kind: value for kind, value in keys})


def take(taking: Desk, sent: Incoming) -> Fate | None:
    """As scoring takes it, with what is stored of it beside."""
    fate = taking.take(sent)
    taking.kept.update((identity, taking.holdings.as_moved(kept)) for identity, kept in taking.kept.items())
    if fate is not None and fate.again is None:
        taking.kept[sent.submission.submission_id] = Kept(
            sent.submission, sent.keys, START, fate.state, fate.person_id, fate.lead_ids, fate.merged_leads
        )
    return fate


def held_by(taking: Desk, lead: Lead) -> list[Act]:
    """What the submissions that a lead holds bring, in the order in which they were received."""
    kept = [each for each in taking.kept.values() if each.is_accepted]
    kept.sort(key=lambda each: each.submission.received_at)
    book = taking.book.changed
    return [act_of(each.submission) for each in kept if any(_end(book, i) is lead for i in each.lead_ids)]


def _end(book: dict[UUID, Lead], identity: UUID) -> Lead:
    lead = book[identity]
    return lead if lead.merged_into is None else _end(book, lead.merged_into)


def check(taking: Desk, but: Collection[UUID] = ()) -> None:
    for lead in taking.book.changed.values():
        if lead.id not in but:
            _check_whose(taking, lead)
        if lead.state is not LeadState.OPEN or lead.id in but:
            continue
        acts = held_by(taking, lead)
        assert acts, "nobody is to work on a lead that holds nothing"
        assert lead.submissions == len(acts)
        assert lead.asks == any(act.asks for act in acts)
        assert lead.is_test == all(act.is_test for act in acts)
        assert lead.consent == next((a.consent for a in reversed(acts) if a.consent), None)
        assert lead.invited_at == max((a.received_at for a in acts if a.invites), default=None)
        assert set(lead.origins) == {act.origin for act in acts}
        opener = next((act for act in acts if act.submission == lead.opened_by), None)
        assert opener is None or lead.origins[0] == opener.origin
        assert lead.attribution == (opener.attribution if opener else Attribution())
        is_live = opener is None or opener.handling is None or any(a.asks for a in acts if not a.handling)
        assert (lead.handling is None) == is_live


def desk() -> Desk:
    people = People([Key(name) for name in (EVA, LEO, PHONE, OFFICE)], [])
    return Desk(people, Holdings(LeadBook()), lambda _: CARDS, START)


def _check_whose(taking: Desk, lead: Lead) -> None:
    """Nothing that somebody else said stays, in an ended lead either."""
    if lead.state is LeadState.ERASED:
        return
    person = taking.people.root(lead.person_id)
    theirs = [
        each.submission.received_at
        for each in taking.kept.values()
        if each.person_id is not None and taking.people.root(each.person_id) is person
    ]
    assert lead.consent is None or lead.consent.at in theirs

"""What each submission brings to the leads that hold it, and what a lead is by all that it was brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from lead_events import Attribution, Consent, Handling
from lead_events.ids import lead_id
from scoring.domain.leads import Lead, LeadState, Newest, Origin


@dataclass(frozen=True, slots=True)
class Act:
    """What a submission brings to the leads it touches. `at`: when its sender did it; `invites`: it asks for
    an answer, with consent."""

    submission: UUID
    origin: Origin
    at: datetime
    received_at: datetime
    asks: bool
    attribution: Attribution
    consent: Consent | None
    is_test: bool
    handling: Handling | None = None
    invites: bool = False


def opened_by(event: UUID, person: UUID, line: str, act: Act) -> Lead:
    """A new lead, its id made of the event that opens it; nothing has joined it yet."""
    return Lead(
        id=lead_id(event, line),
        person_id=person,
        opened_person=person,
        line=line,
        opened_by=act.submission,
        opened_at=act.received_at,
        origins=[],
        attribution=act.attribution,
        consent=None,
        is_test=act.is_test,
        handling=act.handling,
    )


def join(lead: Lead, act: Act) -> None:
    """One more submission of a lead."""
    lead.submissions += 1
    _bring(lead, act)


def put_right(lead: Lead, old: Act, new: Act | None, others: Sequence[Act]) -> None:
    """Make a lead what it is by `others` and by `new`, which stands for `old` in it, or nothing does.

    What a lead counts beyond those is unknown, as an ask that the router told of and that was no submission
    of ours; what only that can have brought stays.
    """
    _make_anew(lead, [old], new, others)


def take_out(lead: Lead, gone: Sequence[Act], others: Sequence[Act]) -> None:
    """The same where nothing stands for several that are `gone`."""
    _make_anew(lead, gone, None, others)


def _make_anew(lead: Lead, gone: Sequence[Act], new: Act | None, others: Sequence[Act]) -> None:
    acts = sorted([*others, *([new] if new else [])], key=lambda act: act.received_at)
    opener = _opener(lead, gone, new, acts)
    if lead.submissions > len(acts):
        for old in gone:
            _take_out(lead, old, is_last=not acts)
    else:
        _clear(lead, opener or acts[0])
    for act in acts:
        _bring(lead, act)
    if opener is not None:
        lead.origins.sort(key=lambda origin: origin != opener.origin)


def _bring(lead: Lead, act: Act) -> None:
    lead.is_test = lead.is_test and act.is_test
    lead.asks = lead.asks or act.asks
    lead.consent = _newest(lead.consent, act.consent)
    lead.handling = _handling(lead.handling, act)
    lead.invite(act.received_at if act.invites else None)
    lead.is_own = lead.is_own or act.handling is None
    lead.add_origin(act.origin, Newest(act.at, act.submission))


def _clear(lead: Lead, opener: Act) -> None:
    """As it is opened, before anything has joined it."""
    lead.is_test, lead.asks, lead.is_own = True, False, False
    lead.consent = lead.invited_at = None
    lead.handling = opener.handling
    lead.origins, lead.newest = [], {}
    lead.add_origin(opener.origin, Newest(opener.at, opener.submission))


def _take_out(lead: Lead, old: Act, *, is_last: bool) -> None:
    """What is certainly of this one, and of no other; a lead always says where it came from."""
    if is_last or lead.consent == old.consent:
        lead.consent = None
    if lead.invited_at == old.received_at:
        lead.invited_at = None
    if old.origin in lead.origins[1:]:
        lead.drop_origin(old.origin)
    elif old.origin in lead.origins and lead.newest[old.origin].submission == old.submission:
        lead.newest[old.origin] = Newest(lead.opened_at, lead.opened_by)


def _opener(lead: Lead, gone: Sequence[Act], new: Act | None, acts: Sequence[Act]) -> Act | None:
    """What opened the lead, or what stands for that now; None where that is unknown."""
    if any(lead.opened_by == old.submission for old in gone):
        opener = new or next(iter(acts), None)
        lead.opened_by = opener.submission if opener else lead.opened_by
        lead.attribution = opener.attribution if opener else Attribution()
        return opener
    return next((act for act in acts if act.submission == lead.opened_by), None)


def _handling(before: Handling | None, act: Act) -> Handling | None:
    """A lead that nobody imported stays so; the buyer's own ask ends what an import wished for."""
    if before is None or act.handling is not None:
        return before and act.handling
    return None if act.asks else before


def _newest(*consents: Consent | None) -> Consent | None:
    """What was agreed to last; of several without a time, or of one moment, the last given here."""
    newest: Consent | None = None
    for each in consents:
        if each is not None and (newest is None or _agreed_at(each) >= _agreed_at(newest)):
            newest = each
    return newest


def _agreed_at(consent: Consent) -> datetime:
    return consent.at or datetime.min.replace(tzinfo=UTC)


def absorb(older: Lead, younger: Lead) -> None:
    """Two leads of one person and line: the younger ends in the older, with all that it was brought."""
    younger.state = LeadState.MERGED
    younger.merged_into = older.id
    older.submissions += younger.submissions
    older.asks = older.asks or younger.asks
    older.is_test = older.is_test and younger.is_test
    older.consent = _newest(older.consent, younger.consent)
    older.invite(younger.invited_at)
    older.sql_at = older.sql_at or younger.sql_at
    if younger.handling is None and younger.asks:
        older.handling = None
    older.is_own = older.is_own or younger.is_own
    for origin in younger.origins:
        older.add_origin(origin, younger.newest[origin])

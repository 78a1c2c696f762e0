"""The closed vocabularies of the events; docs/glossary.md explains each word."""

from enum import StrEnum

NOTICE_RUN = "+notices"
"""How a receipt's instance ends where it numbers vendors' notices: such a number arrives with the lead that
was fetched for it, days later at worst."""


OWN_FORM = "+own"
"""The form of leads that reps found themselves; no form of a rulebook can have this name."""
OWN_SOURCE = "own"
"""Their source."""


class Quadrant(StrEnum):
    """Fit x interest. Fit lies on the horizontal axis, interest on the vertical."""

    PERFECT = "perfect"
    WARM = "warm"
    CURIOUS = "curious"
    COLD = "cold"


class Stage(StrEnum):
    """Where a lead stands in the shared funnel."""

    LEAD = "lead"
    MQL = "mql"
    SQL = "sql"


class BuyerStage(StrEnum):
    """How far a buyer has come on the way to a decision, by what they read and ask for."""

    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    DECISION = "decision"


class AccountStanding(StrEnum):
    """What an account is to us."""

    NONE = "none"
    OPEN_DEAL = "open_deal"
    CUSTOMER = "customer"
    PARTNER = "partner"
    COMPETITOR = "competitor"


class CauseKind(StrEnum):
    """What made scoring publish a lead."""

    SUBMISSION = "submission"
    EXPLICIT_ASK = "explicit_ask"
    SIGNAL = "signal"
    DECAY = "decay"
    RESCORE = "rescore"
    AFTER_CLOSE = "arrived_after_close"
    WAKE_UP = "wake_up"
    ACCOUNT = "account"


class Dimension(StrEnum):
    """Which of the two scores a contribution belongs to."""

    FIT = "fit"
    INTEREST = "interest"


class QuarantineReason(StrEnum):
    """Why a submission waits for a person instead of becoming a lead."""

    HONEYPOT = "honeypot"
    FIELD_MISSING = "field_missing"
    UNREADABLE = "unreadable"
    FORM_RETIRED = "form_retired"
    KEY_REUSED = "key_reused"
    MAPPING_ERROR = "mapping_error"
    TOO_FAST = "too_fast"
    LINKS = "links"
    DISPOSABLE_ADDRESS = "disposable_address"
    CAPTCHA_FAILED = "captcha_failed"
    CAPTCHA_UNAVAILABLE = "captcha_unavailable"
    SPAM_WAVE = "spam_wave"
    CONSENT_MISSING = "consent_missing"
    FETCH_FAILED = "fetch_failed"
    SENDER_UNCHECKED = "sender_unchecked"


class RerunKind(StrEnum):
    """Why a submission that was taken before comes again under its own id."""

    RELEASED = "released"
    REMAPPED = "remapped"


class ImportMode(StrEnum):
    """What is to happen with the leads of an import."""

    NURTURE = "nurture"
    NOW = "now"
    PACED = "paced"
    OWNER = "owner"


class SignalKind(StrEnum):
    """An act of interest; a sender's own kinds begin with `custom_`."""

    PAGE_VIEW = "page_view"
    DOWNLOAD = "download"
    EMAIL_OPEN = "email_open"
    EMAIL_CLICK = "email_click"
    SOCIAL = "social"
    WEBINAR = "webinar"
    ADVICE_REQUESTED = "advice_requested"
    CUSTOM = "custom"


class RoutedKind(StrEnum):
    """What the router decided."""

    ASSIGNED = "assigned"
    HELD = "held"
    TAKEN_BACK = "taken_back"
    NURTURING = "nurturing"
    CLOSED = "closed"


class HoldReason(StrEnum):
    """Why a SQL has no rep yet."""

    NOBODY_OPEN = "nobody_open"
    NO_CAPACITY = "no_capacity"
    POOL_EMPTY = "pool_empty"
    NO_RULE_MATCHED = "no_rule_matched"
    QUEUE_AHEAD = "queue_ahead"
    PACED = "paced"
    WAITS_FOR_OWNER = "waits_for_owner"
    NEEDS_UNMET = "needs_unmet"


class ProgressKind(StrEnum):
    """What a rep, or their CRM, did with a lead; `asked_again`: that the buyer did, and the rep was shown."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    CONTACTED = "contacted"
    REJECTED = "rejected"
    RECYCLED = "recycled"
    OUTCOME = "outcome"
    RATED = "rated"
    PAUSED = "paused"
    RESUMED = "resumed"
    ASKED_AGAIN = "asked_again"
    ARRIVED_AFTER_CLOSE = "arrived_after_close"


class DeclineCode(StrEnum):
    """Why a rep does not take a lead. One in the wrong territory is a fault of routing, and costs no turn."""

    WRONG_TERRITORY = "wrong_territory"
    NO_TIME = "no_time"
    CONFLICT = "conflict"
    LANGUAGE = "language"
    OTHER = "other"


class RejectCode(StrEnum):
    """Why sales gives a lead back for good."""

    WRONG_DATA = "wrong_data"
    DUPLICATE = "duplicate"
    OUT_OF_PROFILE = "out_of_profile"
    OTHER = "other"


class RecycleCode(StrEnum):
    """Why sales gives a lead back to nurturing."""

    NOT_NOW = "not_now"
    NO_ANSWER = "no_answer"
    OTHER = "other"


class LostCode(StrEnum):
    """Why a lead was lost."""

    PRICE = "price"
    TIMING = "timing"
    COMPETITOR = "competitor"
    NO_NEED = "no_need"
    NO_ANSWER = "no_answer"
    OTHER = "other"


class Contact(StrEnum):
    """Whether the buyer answered, or it was only tried."""

    CONVERSATION = "conversation"
    ATTEMPT = "attempt"


class Proof(StrEnum):
    """Whether another system saw an act happen, or a person says so."""

    PROVED = "proved"
    STATED = "stated"


class CloseReason(StrEnum):
    """Why a lead's selling cycle ended."""

    REJECTED = "rejected"
    RECYCLED = "recycled"
    WON = "won"
    LOST = "lost"
    MERGED = "merged"
    ERASED = "erased"
    DO_NOT_CONTACT = "do_not_contact"


class TimerKind(StrEnum):
    """One running promise on one lead."""

    ACCEPT = "accept"
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    NEXT_ATTEMPT = "next_attempt"
    OUTCOME = "outcome"


class Part(StrEnum):
    """Who spent a stretch of a lead's time; the stretches of one lead neither overlap nor leave a gap."""

    SOURCE_DELAY = "source_delay"
    SPOOL = "spool"
    INTAKE = "intake"
    QUARANTINE = "quarantine"
    SCORING = "scoring"
    ROUTING = "routing"
    HELD = "held"
    OUT_OF_HOURS = "out_of_hours"
    PAUSED = "paused"
    DECLINED = "declined"
    REP = "rep"


class ChargedTo(StrEnum):
    """Who answers for a breach."""

    REP = "rep"
    SALES_TEAM = "sales_team"
    MARKETING = "marketing"
    SYSTEM = "system"
    NOBODY = "nobody"

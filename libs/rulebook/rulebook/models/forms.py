"""Where leads come from: forms and how their fields are read, and sources."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from lead_events.words import BuyerStage
from rulebook.models.base import Duration, Identifier, RulebookModel
from rulebook.paths import steps
from rulebook.scalars import as_text


class Split(RulebookModel):
    """Take a text apart. Without `part` an attribute gets all parts as a list."""

    by: str = Field(min_length=1, max_length=20, description="the separator")
    part: int | None = Field(
        default=None, ge=-100, le=100, description="which part: 1 is the first, -1 the last"
    )

    @field_validator("part")
    @classmethod
    def _counts_from_one(cls, value: int | None) -> int | None:
        if value == 0:
            raise ValueError(
                "parts are counted from 1: write `part: 1` for the first, `part: -1` for the last"
            )
        return value


class FieldMapping(RulebookModel):
    """How one profile field is read from a submission: the first path with a value wins.

    What is read is trimmed; then, in this order: join, values, split, lower, default.
    A path is dotted (`form_response.answers`), takes an array item by number or by a key's value
    (`user_column_data[column_id=EMAIL].string_value`), and reads JSON inside a field through `|json`.
    A bare path, or a list of paths, is short for `{from: ...}`. `{default: X}` alone is a constant: X for
    every submission.
    """

    from_: list[str] = Field(alias="from", default_factory=list)
    join: str | None = Field(default=None, description="join all values found with this text instead")
    values: dict[str, Any] = Field(
        default_factory=dict, description="replace a value (compared without case)"
    )
    split: Literal["first", "last"] | Split | None = Field(
        default=None,
        description="`first` or `last`: that part of a person's full name; or `{by: ',', part: 2}`",
    )
    lower: bool = Field(default=False, description="in small letters")
    default: Any = None
    as_: Literal["text", "number", "boolean"] | None = Field(
        default=None,
        alias="as",
        description="for attributes: read the value as this, so that rules can compare it",
    )

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _paths_alone(cls, value: object) -> object:
        return {"from": value} if isinstance(value, str | list) else value

    @field_validator("from_", mode="before")
    @classmethod
    def _one_path_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("from_")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for path in value:
            steps(path)
        return value

    @model_validator(mode="after")
    def _has_a_value(self) -> "FieldMapping":
        if not self.from_ and self.default is None:
            raise ValueError(
                "names no field to read and no constant; write `from: field` for what a field holds, or "
                "`default: value` alone for the same value in every submission"
            )
        return self


class Unfold(RulebookModel):
    """Answers that lie inside a submission, laid out as fields of their own before the mapping reads them.

    A list of {name, value} pairs, an object, or JSON inside a text (`at: rawRequest|json`). A name that comes
    twice gets all values; a field of the submission itself wins over an answer of its name, which is then
    called `<at>.<name>`.
    """

    at: str = Field(description="path of the list or object")
    name: list[str] = Field(
        default=["name"], min_length=1, description="in a list: paths of an item's name, the first wins"
    )
    value: list[str] = Field(
        default_factory=list,
        description="paths of the value, the first wins; absent: value or values; in an object all",
    )

    @model_validator(mode="before")
    @classmethod
    def _place_alone(cls, value: object) -> object:
        return {"at": value} if isinstance(value, str) else value

    @field_validator("name", "value", mode="before")
    @classmethod
    def _one_path_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("name", "value")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for path in value:
            steps(path)
        return value

    @field_validator("at")
    @classmethod
    def _readable_place(cls, value: str) -> str:
        steps(value)
        return value


class Signature(RulebookModel):
    """How the sender of a webhook proves itself. Secrets are named here and kept elsewhere."""

    scheme: Literal[
        "standard_webhooks", "typeform", "meta", "hubspot_v3", "google_key", "linkedin", "shared_secret"
    ]
    secret: Identifier = Field(description="name of the secret; its value is given to intake")
    tolerance: Duration = Field(
        default="5m",
        validate_default=True,
        description="how old a signed time may be, where it has one",
    )
    header: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9-]{1,64}$",
        description="for shared_secret: the header that carries it",
    )
    field: str | None = Field(
        default=None, description="for google_key and shared_secret: the path in the body instead"
    )
    verify_token: Identifier | None = Field(
        default=None, description="for meta: name of the secret that its GET challenge carries"
    )

    @model_validator(mode="after")
    def _has_a_place(self) -> "Signature":
        if self.scheme == "shared_secret" and (self.header is None) == (self.field is None):
            raise ValueError("shared_secret comes in one place: write `header: X-...` or `field: path`")
        return self


class Fetch(RulebookModel):
    """Where a notice that carries ids only is turned into a lead."""

    api: Literal["meta", "linkedin"]
    token: Identifier = Field(description="name of the secret that holds the access token")
    base_url: str | None = Field(default=None, pattern="^https?://", description="the vendor's, where absent")
    timeout: Duration = Field(default="10s", validate_default=True)


class Captcha(RulebookModel):
    """A proof that a person fills in the form. When the provider does not answer, the submission waits."""

    provider: Literal["turnstile"]
    site_key: str = Field(min_length=1, max_length=200)
    secret: Identifier = Field(description="name of the secret")
    verify_url: str | None = Field(
        default=None, pattern="^https?://", description="the provider's, where absent"
    )


class Wave(RulebookModel):
    """When suspects come in a wave the form quarantines everything until it is over."""

    suspects: int = Field(default=100, ge=5, le=100_000, description="within `window`")
    window: Duration = Field(default="10m", validate_default=True)
    calm: Duration = Field(
        default="30m", validate_default=True, description="without a suspect the form takes leads again"
    )


class SpamPolicy(RulebookModel):
    """What makes a submission suspect. A suspect waits in quarantine; nothing here drops one."""

    min_fill: Duration | None = Field(
        default=None, description="a person takes at least this long; needs the signed token of the snippet"
    )
    max_links: int | None = Field(default=None, ge=0, le=100, description="in all text fields together")
    disposable_addresses: Literal["quarantine", "accept"] = "accept"
    captcha: Captcha | None = None
    wave: Wave | Literal["never"] = Wave()


class Limits(RulebookModel):
    """How many posts a minute one intake instance takes; beyond them 429 with the time to wait."""

    per_minute: int = Field(default=30_000, ge=1, le=1_000_000, description="of this form")
    per_address_per_minute: int = Field(
        default=60,
        ge=1,
        le=1_000_000,
        description="from one address (IPv6: a /64) that signs nothing",
    )


class Input(RulebookModel):
    """How a page asks for one of its fields: what `baton form snippet` writes."""

    type: Literal["text", "email", "tel", "url", "number", "date", "textarea", "checkbox", "hidden"] = "text"
    label: str | None = Field(default=None, description="what the visitor reads beside it")
    value: str | None = Field(default=None, description="of a hidden field or of a single checkbox")
    options: dict[str, str] = Field(
        default_factory=dict,
        description="the choices: what is sent, and what is read; or a list where both are the same",
    )
    required: bool = Field(default=False, description="whether the browser asks for it")

    @field_validator("options", mode="before")
    @classmethod
    def _same_words(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        if any(isinstance(each, dict | list) for each in value):
            raise ValueError("is no list of choices; write `options: [one, two]` or `options: {sent: shown}`")
        return {as_text(each): as_text(each) for each in value}


class Form(RulebookModel):
    """One place leads come from."""

    name: str
    key: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="publishable: stands in the page's HTML")
    status: Literal["active", "retired"] = "active"
    lines: list[Identifier] = Field(default=["main"], min_length=1)
    line_field: str | None = Field(
        default=None, description="path whose values (one or many) choose among `lines`"
    )
    line_values: dict[str, Identifier] = Field(
        default_factory=dict,
        description="the line that a value of `line_field` means, where it is not the line's id",
    )
    source: Identifier
    campaign: str | None = None
    language: str = "en"
    region: str | None = Field(
        default=None, pattern="^[A-Z]{2}$", description="for phone numbers without a country code"
    )
    fields: dict[str, FieldMapping]
    unfold: list[Unfold] = Field(
        default_factory=list, description="answers inside the submission, laid out as fields first"
    )
    inputs: dict[str, Input] = Field(
        default_factory=dict,
        description="how the page asks for its fields, by their names; for `baton form snippet`",
    )
    required: list[str] = Field(
        default=["email|phone"], description="profile fields; `a|b` asks for at least one of them"
    )
    volatile: list[str] = Field(default_factory=list, description="fields that differ from click to click")
    vendor_id: str | None = Field(default=None, description="path of the vendor's own id of the submission")
    vendor_time: str | None = Field(
        default=None, description="path of the buyer's act, where the vendor is trusted"
    )
    test_flag: str | None = Field(default=None, description="path of a flag that marks a test submission")
    honeypot: str | None = Field(
        default=None, description="a field no person sees; a value in it means quarantine"
    )
    consent_field: str | None = None
    consent_text: str | None = None
    consent_version: str | None = None
    consent_purposes: dict[Identifier, str] = Field(
        default_factory=dict,
        description="purpose to the path of the box that agrees to it, beside `consent_field`; pools of "
        "partners ask for one",
    )
    explicit_ask: bool = Field(default=True, description="whether sending this form asks to be contacted")
    buyer_stage: BuyerStage | None = Field(
        default=None, description="how far on the way to a decision whoever sends this form is"
    )
    consent_required: bool = Field(default=False, description="without consent the submission waits")
    redirect: str | None = Field(
        default=None, pattern="^https?://", description="where a plain HTML form goes next"
    )
    redirect_field: str | None = Field(
        default=None, description="path of the page's own wish, followed only to `allowed_redirects`"
    )
    allowed_redirects: list[str] = Field(
        default_factory=list, description="origins such as https://www.example.com"
    )
    allowed_origins: list[str] = Field(default_factory=list)
    vendor: Identifier | None = Field(
        default=None, description="a ready mapping to start from; what this form says itself wins"
    )
    signature: Signature | None = None
    success_status: Literal[200, 202] = Field(
        default=202, description="200 for a tool that takes any other answer for a failure, and sends again"
    )
    fetch: Fetch | None = None
    limits: Limits = Limits()
    spam: SpamPolicy = SpamPolicy()
    alert_on_silence: bool = Field(
        default=True, description="tell when nothing comes for three times as long as usual on that weekday"
    )


class Cost(RulebookModel):
    """What a source costs, in minor units (cents) of the company's currency."""

    amount_minor: int = Field(ge=0)
    per: Literal["lead", "month", "quarter", "year"]


class Returns(RulebookModel):
    """When a lead that was paid for may be given back to its vendor."""

    window: Duration = Field(description="after the lead was received")
    reasons: list[Identifier] = Field(min_length=1)


class Source(RulebookModel):
    """Where leads come from, as both sides name it."""

    name: str
    origin: Literal["marketing", "sales", "partner", "referral"] = "marketing"
    cost: Cost | None = None
    returns: Returns | None = Field(default=None, description="for a paid vendor")

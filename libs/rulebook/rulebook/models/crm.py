"""How a CRM hears of leads, and how it answers: requests by template, and a map of its own webhooks."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rulebook.models.base import Duration, Identifier, RulebookModel

CrmEvent = Literal[
    "assigned",
    "reassigned",
    "accepted",
    "contacted",
    "rejected",
    "recycled",
    "outcome",
    "outcome.meeting",
    "outcome.opportunity",
    "outcome.won",
    "outcome.lost",
    "closed",
    "erased",
]
"""`assigned` is the first handoff of a lead, `reassigned` each later one; `outcome` stands for all four;
`closed` is the end of a lead that a rep has, by whatever ended it; `erased`: the person's data is to go."""

Pointer = Annotated[
    str,
    Field(
        pattern=r"^(/[^/]*)*$", max_length=500, description="JSON pointer (RFC 6901), such as /results/0/id"
    ),
]


class CrmAuth(RulebookModel):
    """How a request shows who sends it. Secrets are named here and never written here."""

    kind: Literal["bearer", "basic", "header", "oauth2"]
    secret: Identifier = Field(
        description="name of a secret: the token; for basic user:password; for oauth2 the client secret"
    )
    header: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9-]{1,100}$", description="of kind header: which one"
    )
    token_url: str | None = Field(default=None, pattern="^https?://", description="of oauth2")
    client_id: str | None = Field(default=None, max_length=500, description="of oauth2")
    refresh_token: Identifier | None = Field(
        default=None,
        description="of oauth2: name of the secret that holds it; without it, client credentials are used",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "CrmAuth":
        if self.kind == "header" and self.header is None:
            raise ValueError("which header holds the secret? Add `header: X-Api-Key`")
        if self.kind == "oauth2" and (self.token_url is None or self.client_id is None):
            raise ValueError(
                "oauth2 asks for a token first: add `token_url: https://...` and `client_id: ...`"
            )
        return self


class CrmCall(RulebookModel):
    """One HTTP request. Path, headers and body may hold placeholders; docs/crm.md lists them."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str = Field(pattern=r"^/[^\s]*$", max_length=2000, description="after the connection's url")
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = Field(default=None, description="sent as JSON; a placeholder alone becomes its value")
    expect: list[int] = Field(default_factory=list, description="statuses that are a success; empty: any 2xx")


class CrmFind(CrmCall):
    """A search for an object that may be there already."""

    id: Pointer = Field(description="where the answer holds the id of what was found")


class CrmKeep(RulebookModel):
    """The id that an answer holds, kept as `{crm.NAME}` for later requests."""

    name: Identifier
    id: Pointer
    per: Literal["lead", "person"] = Field(
        default="lead", description="person: one object for all leads of a person, as a contact is"
    )


class CrmExists(RulebookModel):
    """What an answer means that says the object is there already. Its id is taken from the answer, else
    searched for by `find`."""

    status: int = Field(default=409, ge=400, le=499)
    id: Pointer | None = None
    pattern: str | None = Field(
        default=None, max_length=200, description="regular expression whose first group is the id"
    )


class CrmRequest(CrmCall):
    """One thing the CRM is told, on these events.

    With `keep`: `find` is asked first while no id is kept, this request makes the object where nothing was
    found, and `update` is sent instead once an id is kept. Without `update` this request does for both, as
    an upsert.
    """

    on: list[CrmEvent] = Field(min_length=1)
    needs: list[str] = Field(
        default_factory=list, description="placeholders without which it is not sent, such as person.email"
    )
    keep: CrmKeep | None = None
    find: CrmFind | None = None
    update: CrmCall | None = None
    exists: CrmExists | None = None


class CrmSignature(RulebookModel):
    """By what a webhook of the CRM shows that it comes from it."""

    scheme: Literal["hubspot_v3", "standard_webhooks", "hmac_sha256", "token"]
    secret: Identifier = Field(description="name of the secret")
    header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,100}$",
        description="of hmac_sha256 (by default X-Signature) and token (by default Authorization, as Bearer)",
    )
    query: Identifier | None = Field(
        default=None, description="of token: the query parameter that holds it, where no header can be sent"
    )
    url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="of hubspot_v3: the address as the CRM calls it, which is part of what is signed",
    )


class CrmContact(RulebookModel):
    """A contact or a try, in the words that reps report it with."""

    channel: str = Field(
        default="other", pattern=r"^[\w -]{1,60}$", description="phone, email, meeting or another word"
    )
    result: str = Field(
        pattern=r"^[\w -]{1,60}$",
        description="reached, replied, meeting: a conversation; no_answer, sent and any other word: a try",
    )


class CrmChange(RulebookModel):
    """One kind of change: when an event says this, what it means."""

    when: dict[Pointer, str | int | bool | None] = Field(
        default_factory=dict, description="pointer to its value"
    )
    owner: Pointer | None = Field(default=None, description="where the new owner stands")
    outcome: Literal["meeting", "opportunity", "won", "lost"] | None = None
    contact: CrmContact | None = Field(
        default=None, description="that the buyer was contacted, or it was tried"
    )
    value: Pointer | None = Field(default=None, description="amount in whole units, such as 1200.50")
    currency: str | None = Field(
        default=None, pattern="^([A-Z]{3}|(/[^/]*)+)$", description="EUR, or a pointer; else the company's"
    )
    reason: Pointer | None = None


class CrmInbound(RulebookModel):
    """What the CRM's webhooks say: POST /v1/crm/{name}/events."""

    signature: CrmSignature
    format: Literal["json", "salesforce_xml"] = "json"
    items: Pointer = Field(default="", description="where a list of events stands; empty: the body itself")
    id: Pointer | None = Field(
        default=None, description="the event's own id; without it, equal events of one moment are one"
    )
    object: Pointer = Field(description="id of the object that changed")
    record: Identifier = Field(description="as which the id is kept: `keep.name` of a request")
    occurred_at: Pointer | None = Field(
        default=None, description="when it was changed: ISO 8601, or seconds or milliseconds since 1970"
    )
    own: dict[Pointer, str | int | bool | None] = Field(
        default_factory=dict,
        description="what an event says of a change that Baton's own login made, such as {/sourceId: 4711};"
        " with it these are our own come back, and no others",
    )
    changes: list[CrmChange] = Field(min_length=1)


class CrmConnection(RulebookModel):
    """One CRM."""

    template: str | None = Field(
        default=None, description="a ready template: hubspot, rd_station or salesforce"
    )
    url: str = Field(
        pattern=r"^https?://[^/\s]+[^\s]*$", max_length=500, description="what every path follows"
    )
    auth: CrmAuth
    headers: dict[str, str] = Field(default_factory=dict, description="sent with every request")
    owner_by: Literal["crm_id", "email"] = Field(
        default="crm_id", description="by what of a rep the CRM names owners"
    )
    requests: dict[Identifier, CrmRequest] = Field(
        min_length=1, description="where they share an event, what keeps an id goes before what names it"
    )
    events: CrmInbound | None = None
    tests: bool = Field(default=False, description="whether test leads are sent too")
    gives_up_after: Duration = Field(default=timedelta(days=3))

"""How persons are told apart, how long their data is kept, and who hears of trouble."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rulebook.models.base import Duration, Identifier, RulebookModel

Days = Annotated[int, Field(ge=1, le=3650)]


class Matching(RulebookModel):
    """When two addresses are one mailbox. Only for recognising a person; what is shown never changes."""

    gmail_dots_and_tags: bool = Field(
        default=False, description="a.na+x@gmail.com is ana@gmail.com; at every other domain it never is"
    )


class Retention(RulebookModel):
    """Days that personal data is kept, from the last change of that state on; `keep` keeps it for good."""

    quarantined_days: Days | Literal["keep"] = Field(default=90)
    refused_days: Days | Literal["keep"] = Field(default=30)
    raw_days: Days | Literal["keep"] = Field(
        default=365, description="submissions as they came; without them nothing is replayed"
    )
    closed_days: Days | Literal["keep"] = Field(default=1095, description="persons with no open lead")
    signals_days: Days | Literal["keep"] = Field(default=180)


class Channel(RulebookModel):
    """Where messages go: a signed webhook, or an e-mail."""

    kind: Literal["webhook", "email"]
    url: str | None = Field(default=None, pattern="^https?://", description="for a webhook")
    secret: Identifier | None = Field(
        default=None, description="name of the secret that a webhook is signed with; never the secret itself"
    )
    to: list[str] = Field(default_factory=list, description="for an e-mail: addresses")

    @model_validator(mode="after")
    def _complete(self) -> "Channel":
        if self.kind == "webhook" and (self.url is None or self.secret is None):
            raise ValueError("a webhook needs `url`, and `secret`: the name of the secret it is signed with")
        if self.kind == "email" and not self.to:
            raise ValueError("an e-mail channel needs `to`: a list of addresses")
        return self


class Alerts(RulebookModel):
    """Who hears of trouble with forms. `channels` empty: trouble shows in metrics and `baton form health`."""

    channels: dict[Identifier, Channel] = Field(default_factory=dict)
    repeat_after: Duration = Field(
        default="24h", validate_default=True, description="an alert that lasts is told again after this time"
    )

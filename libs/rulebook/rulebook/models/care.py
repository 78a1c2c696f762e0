"""How persons are told apart, how long their data is kept, and who hears of trouble."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from rulebook.models.base import Duration, Identifier, RulebookModel
from rulebook.role_addresses import ROLE_ADDRESSES

Days = Annotated[int, Field(ge=1, le=3650)]


class Matching(RulebookModel):
    """By which addresses a person is known. Only for recognising a person; what is shown never changes."""

    gmail_dots_and_tags: bool = Field(
        default=False, description="a.na+x@gmail.com is ana@gmail.com; at every other domain it never is"
    )
    role_addresses: list[str] = Field(
        default_factory=lambda: list(ROLE_ADDRESSES),
        description="what stands before the @ of addresses that many people read: such an address makes no "
        "two submissions one person's where either carries a personal e-mail, a phone or an id of its own",
    )

    @field_validator("role_addresses")
    @classmethod
    def _before_the_at(cls, names: list[str]) -> list[str]:
        read = [name.strip().casefold() for name in names]
        for name in read:
            if not name or "@" in name or "+" in name or " " in name:
                raise ValueError(
                    f"{name!r} is no role: write what stands before the @, without a +tag, as `info`"
                )
        return list(dict.fromkeys(read))


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

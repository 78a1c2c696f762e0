"""What whoever imports a file asks for."""

import hashlib
from typing import Any, Literal, Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lead_events.words import ImportMode

_NAMESPACE = UUID("0f6a8e52-5b9a-5a7e-8f8c-5a4b6a1f3c90")


class Wish(BaseModel):
    """How a file is to be read, and what is to happen with its leads. Blank cells are never "delete this"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: ImportMode = Field(ImportMode.NURTURE, description="what happens with the leads")
    per_rep_daily: int | None = Field(None, ge=1, le=1_000, description="for paced: leads a rep and day")
    owner_column: str | None = Field(
        None, max_length=200, description="for owner: the column that names the rep"
    )
    date_column: str | None = Field(None, max_length=200, description="the column of the buyer's act")
    time_zone: str | None = Field(None, description="of times without an offset, such as Europe/Madrid")
    date_order: Literal["day_first", "month_first"] | None = Field(
        None, description="of dates such as 03/09/2026, where the file itself does not prove it"
    )
    consent_proof: str | None = Field(
        None, max_length=1_000, description="where these people's consent is on record"
    )
    counts: bool = Field(False, description="whether the agreement counts these leads")
    encoding: str | None = Field(None, max_length=40, description="where it cannot be told from the bytes")
    separator: str | None = Field(None, max_length=20, description="where it cannot be told from the rows")
    language: str | None = Field(
        None, pattern="^[a-z]{2}$", description="in whose way numbers are written; absent: the form's"
    )
    columns: dict[str, str] = Field(
        default_factory=dict, max_length=500, description="the form's field by column, where names differ"
    )
    accept_proposed: bool = Field(
        False, description="whether columns proposed for the form's fields are read as proposed"
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(
                    f"no time zone is called {value[:40]!r}: write one such as Europe/Madrid"
                ) from None
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.mode is ImportMode.PACED) != (self.per_rep_daily is not None):
            raise ValueError("mode paced and per_rep_daily go together: write mode=paced&per_rep_daily=10")
        if (self.mode is ImportMode.OWNER) != (self.owner_column is not None):
            raise ValueError(
                "mode owner and owner_column go together: write mode=owner&owner_column=Lead Owner"
            )
        return self

    def told(self) -> dict[str, Any]:
        """What was asked for, as events and answers tell it."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"mode": self.mode.value}


def import_id(form_id: str, content_hash: str, wish: Wish) -> UUID:
    """The same for the same file, form and wish, however often it is sent."""
    canonical = orjson.dumps(wish.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return uuid5(_NAMESPACE, f"{form_id}\x1f{content_hash}\x1f{hashlib.sha256(canonical).hexdigest()}")

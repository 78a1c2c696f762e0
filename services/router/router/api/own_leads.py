"""A rep enters a lead that they found themselves, and sees what became of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator

from router.api.refusals import refusals_as_problems
from router.api.reps import Key, rep_of_token
from router.books import Books
from router.domain.own_leads import Entry, says
from router.handlers.own_leads import enter
from router.store import q
from service_kit.documents import refusals
from service_kit.runtime import Runtime

Text = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$", description="not blank")
]


class OwnLead(BaseModel):
    """A person whom a rep found. An e-mail address or a phone number is needed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    line: Text = Field(description="one of the lines that you sell")
    name: Text | None = None
    email: (
        Annotated[str, Field(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00.]+$")] | None
    ) = Field(default=None, examples=["ada@example.com"], description="one address, without a name beside it")
    phone: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = Field(
        default=None, examples=["+34600111222"], description="with the country's code, digits only after +"
    )
    company: Text | None = None
    note: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")] | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = Field(
        default=None, examples=["es"], description="two small letters, by ISO 639-1"
    )
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, examples=["ES"], description="two capital letters, by ISO 3166-1"
    )

    @model_validator(mode="after")
    def can_be_reached(self) -> "OwnLead":
        """Without either nobody knows who it is."""
        if self.email is None and self.phone is None:
            raise ValueError("write an e-mail address in email, or a phone number in phone as +34600111222")
        return self

    def entry(self, key: str | None) -> Entry:
        """As the handler takes it."""
        said = self.model_dump(exclude_none=True, exclude={"line", "note"})
        if self.email is not None:
            said["email"] = self.email.lower()
        if self.note is not None:
            said["message"] = self.note
        return Entry(self.line, said, key)


def own_leads_router(runtime: Runtime, books: Books) -> APIRouter:
    """Routes for reps."""
    router = APIRouter(prefix="/v1/me", tags=["reps"])
    me = Annotated[str, Depends(rep_of_token(runtime))]

    @router.post("/leads", status_code=202, responses=refusals(409, 503))
    async def enter_own(rep: me, lead: OwnLead, key: Key = None) -> Any:
        """Enter a lead of my own: it comes to me whoever's turn it is, unless somebody knows the person."""
        with refusals_as_problems():
            return await runtime.in_transaction(enter(books, rep, lead.entry(key)))

    @router.get("/leads")
    async def own(rep: me) -> dict[str, Any]:
        """The last hundred leads that I entered, and what became of each; `has` is who has it now."""
        async with runtime.database.acquire() as conn:
            rows = await conn.fetch(q.own_leads_of_rep, rep, 100)
        return {"leads": [dict(row) | {"says": says(dict(row))} for row in rows]}

    return router

"""The fields of a rep as options: declared once, for every command that writes them."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

import typer

from router.cli.rep_words import read_ramp_up

PerDay = Annotated[int | None, typer.Option(min=0, help="Leads a day, at most; 0: no limit.")]
PerWeek = Annotated[int | None, typer.Option(min=0, help="Leads a week from Monday, at most; 0: no limit.")]

_OPTIONS: Mapping[str, Any] = {
    "lines": Annotated[list[str] | None, typer.Option("--line", help="A line they sell; may be repeated.")],
    "languages": Annotated[
        list[str] | None, typer.Option("--language", help="As es or en; may be repeated; none: no language.")
    ],
    "skills": Annotated[
        list[str] | None, typer.Option("--skill", help="May be repeated; none: no skill any more.")
    ],
    "weight": Annotated[int | None, typer.Option(min=0, max=1000, help="Share of the pool; 0: none.")],
    "capacity": Annotated[int | None, typer.Option(min=0, max=10_000, help="Open leads at once.")],
    "per_day": PerDay,
    "per_week": PerWeek,
    "ramp_up": Annotated[
        str | None,
        typer.Option(
            metavar="DAY[/WEEKS[/START]]",
            help="First day, weeks until all, share at first: 2026-03-02/4/0.25; none: all at once.",
        ),
    ],
    "crm_id": Annotated[str | None, typer.Option(help="How the CRM names them; none: it does not.")],
    "texts": Annotated[str | None, typer.Option(help="Language of messages to them: en, es, pt, it or ro.")],
}


def with_fields(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each field; what was written comes as its argument `fields`."""

    @wraps(command)
    def run(**values: Any) -> None:
        fields = given({name: values.pop(name) for name in _OPTIONS})
        command(**values, fields=fields)

    own = inspect.signature(command).parameters.values()
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in _OPTIONS.items()
    ]
    kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own if each.name != "fields"]
    run.__signature__ = inspect.Signature(kept + options)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in kept + options}
    return run


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was written, as the API takes it: a limit of 0 is none, and so is the word."""
    found = {name: value for name, value in fields.items() if value is not None and value != []}
    for limit in ("per_day", "per_week"):
        if found.get(limit) == 0:
            found[limit] = None
    for name in ("languages", "skills"):
        if found.get(name) == ["none"]:
            found[name] = []
    if found.get("crm_id") == "none":
        found["crm_id"] = None
    if "ramp_up" in found:
        found["ramp_up"] = read_ramp_up(found["ramp_up"])
    return found

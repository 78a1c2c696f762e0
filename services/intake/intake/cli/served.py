"""What intake tells of the forms it serves: which lack a secret, and whose posts prove nothing, over HTTP."""

from collections.abc import Mapping
from typing import Any

from baton_cli.client import Client, items
from baton_cli.errors import FoundNothing
from baton_cli.moments import brief_utc
from baton_cli.stack import Service

Served = Mapping[str, Mapping[str, Any]]
"""Each form in force by id, as `GET /v1/forms` of intake tells it."""
FEW = 3
"""So many posts refused one after another are worth a word; fewer are anybody's who tries an address."""


def served_forms(client: Client) -> Served:
    """The forms as the intake asked serves them; none from one that is too old to tell."""
    try:
        answer = client.get(Service.INTAKE, "/v1/forms")
    except FoundNothing:
        return {}
    return {str(each["form"]): each for each in items(answer, "forms")}


def faults(served: Served, form: str) -> list[str]:
    """What is missing for a form, a sentence each with where to put it and what posts hear until then."""
    return [str(lack["detail"]) for lack in served.get(form, {}).get("lacks", ())]


def refused(served: Served, form: str) -> str | None:
    """That a form's posts are refused one after another, as with a secret that is not the sender's."""
    unproven = served.get(form, {}).get("unproven")
    if not unproven or unproven["posts"] < FEW:
        return None
    return (
        f"form {form}: its last {unproven['posts']} posts were refused (401, proof {unproven['proof']}), "
        f"since {brief_utc(unproven['since'])}: is intake's secret the one that the sender has?"
    )

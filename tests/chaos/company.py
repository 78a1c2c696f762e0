"""The example company under pressure: offices never close, promises last seconds, reps can hold few leads."""

from typing import Any

from bench.company import large_company

COPIES = 4
"""So often every rep of the example is there."""
CAPACITY = 25
"""Small enough that leads are held and drained while the load lasts, large enough that most find a rep."""


def company_in_a_hurry() -> dict[str, Any]:
    """The rulebook as JSON. A lead that nobody works on has warned and breached within ten seconds."""
    document = large_company(copies=COPIES, capacity=CAPACITY)
    sales = document["agreement"]["sales"]
    sales |= {"warn_at": [0.5], "max_rounds": 2, "reassign_on_accept_breach": True}
    promise = {"accept_within": "3s", "first_response_within": "4s"}
    sales["promises"] = dict.fromkeys(sales["promises"], promise)
    del sales["volume"], sales["reminders"]
    return document

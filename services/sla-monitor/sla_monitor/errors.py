"""What callers of the API can do wrong here, each mapped to one answer."""

from service_kit.problems import Problem


class UnknownLead(Problem):
    """No event about this lead has been read."""

    def __init__(self, lead: object) -> None:
        super().__init__(
            404,
            "Unknown lead",
            f"nothing has been read about lead {lead}; send the id that `baton leads` shows",
            field="lead_id",
        )


class BadCursor(Problem):
    """A cursor that no answer gave."""

    def __init__(self) -> None:
        super().__init__(
            422,
            "The cursor cannot be read",
            "send cursor as next_cursor of the last answer gave it, or leave it out to start over",
            field="cursor",
        )

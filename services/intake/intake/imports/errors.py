"""Why a file cannot be imported; each message says what to do instead."""


class FileRefused(ValueError):
    """The file cannot be read for sure, or holds no leads. The message says what to send or say instead."""


class ColumnsUnknown(FileRefused):
    """Nothing in the header is mapped to a contact. `proposed`: field of the form by column."""

    def __init__(self, message: str, proposed: dict[str, str]) -> None:
        super().__init__(message)
        self.proposed = proposed

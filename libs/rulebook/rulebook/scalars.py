"""Single JSON values as text."""


def as_text(value: object) -> str:
    """A scalar as a person would have typed it: no point in a whole number, true and false in small letters.

    A number of thousands of digits, which no person types, is an empty text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    try:
        return "" if value is None else str(value)
    except ValueError:
        return ""

"""Texts of strangers in files that a spreadsheet opens: shown, and never computed."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with (OWASP, "CSV Injection"), wide signs too, as Excel takes them in East Asia."""


def shown(text: str) -> str:
    """The text with a ' before it where a spreadsheet would compute it; spaces before a formula hide none."""
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINNINGS) else text

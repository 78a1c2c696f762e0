"""Who is at the keyboard, for the audit trails."""

import getpass


def operator_name() -> str:
    """The user's name here, "unknown" where there is none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

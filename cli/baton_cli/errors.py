"""What ends a command early, and its exit code: 1 the answer is a no, 2 the question could not be put."""


class CommandFailed(Exception):
    """A plain message for stderr that says what to do; `exit_code` is 1 or 2."""

    exit_code = 2


class BadUsage(CommandFailed):
    """The command was called wrongly: call it as the message says."""


class CannotReach(CommandFailed):
    """A service does not answer, or not to us: start it, or correct its address or token."""


class FoundNothing(CommandFailed):
    """The answer is a no: there is no such lead, submission, version, ..."""

    exit_code = 1


class Declined(CommandFailed):
    """The service understood and said no; the message is its reason."""

    exit_code = 1

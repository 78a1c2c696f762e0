"""What can go wrong on somebody's machine, each with a message that says what to do."""


class StackError(Exception):
    """The stack cannot run; the message says what to do and is meant to be shown as it is."""


class NoJavaError(StackError):
    """No Java of version 17 or newer was found."""


class JarsUnavailableError(StackError):
    """Kafka's jars are not cached and could not be resolved."""


class PortTakenError(StackError):
    """Another process listens on a port that this stack needs."""


class DiskFullError(StackError):
    """Too little space is left for the data of a server."""


class RootError(StackError):
    """PostgreSQL refuses to run as root and no unprivileged user could be switched to."""


class PartFailedError(StackError):
    """A process ended or did not become ready in time; the message carries the last lines of its log."""


class WrongSettingError(StackError):
    """An environment variable of the stack has a value that means nothing."""

"""`baton version`: what is installed here."""

from importlib.metadata import distributions

from baton_cli.commands import AsJson
from baton_cli.output import print_json, print_table


def installed() -> dict[str, str]:
    """Baton's packages and their versions."""
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return {name: found[name] for name in sorted(found) if name.startswith("baton-")}


def version(as_json: AsJson = False) -> None:
    """Versions of Baton's packages installed here."""
    versions = installed()
    if as_json:
        print_json(versions)
    else:
        print_table(["package", "version"], versions.items())

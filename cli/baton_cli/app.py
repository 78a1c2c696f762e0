"""The frame of `baton`: lists the commands on offer, loads the one asked for, ends with its exit code."""

import sys
from difflib import get_close_matches
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from baton_cli.catalogue import Offer, Section, offers, summary
from baton_cli.errors import CommandFailed
from baton_cli.output import progress

HELP = """Leads from a website form to the right sales rep, seen from the command line.

Every command takes --json for machines. Exit codes: 0 all is well, 1 it found something (a problem, a
difference, nothing by that name), 2 it was called wrongly or could not reach a service.

Addresses and tokens come from .baton/stack.json, which a running stack writes (looked for from here upward,
or named by --stack or BATON_STACK), or from BATON_INTAKE_URL, BATON_SCORING_URL, BATON_ROUTER_URL,
BATON_SLA_MONITOR_URL and BATON_OPERATOR_TOKEN.
"""


class Family(TyperGroup):
    """A command whose subcommands several packages offer; imports one only when it is called."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(
            name=offer.name, help=summary(offer).text, no_args_is_help=True, rich_markup_mode=None
        )
        self._offer = offer

    def list_commands(self, ctx: Any) -> list[str]:
        """The names on offer."""
        return sorted(self._offer.members)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one subcommand, also out of a group; one that is unknown ends the call with exit code 2."""
        offer = self._offer.members.get(cmd_name)
        if offer is not None:
            loaded = load(offer)
            return getattr(loaded, "commands", {}).get(cmd_name, loaded)
        if not cmd_name.startswith("-"):
            known = ", ".join(self.list_commands(ctx))
            ctx.fail(f"no command {cmd_name!r}; `baton {self._offer.name}` has {known}.")
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the subcommands; what is broken is named in its place."""
        members = self._offer.members
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(members[name]).text) for name in sorted(members)])


class CommandFrame(TyperGroup):
    """Finds commands in the catalogue; imports one only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names on offer."""
        return list(offers())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one command; one that is broken or unknown ends the call with exit code 2."""
        on_offer = offers()
        offer = on_offer.get(cmd_name)
        if offer is not None:
            return load(offer)
        if not cmd_name.startswith("-"):
            near = get_close_matches(cmd_name, on_offer, n=1)
            hint = f"did you mean `baton {near[0]}`?" if near else "`baton --help` lists all."
            ctx.fail(f"no command {cmd_name!r}; {hint}")
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands by section; what is broken is named in its place."""
        on_offer = offers().values()
        for section in Section:
            rows = [(offer.name, summary(offer).text) for offer in on_offer if offer.section is section]
            if rows:
                with formatter.section(section.value):
                    formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for; a failure is a message and an exit code, never a traceback."""
        try:
            return super().invoke(ctx)
        except CommandFailed as failure:
            progress(str(failure))
            raise typer.Exit(failure.exit_code) from None


def load(offer: Offer) -> Any:
    """The command behind an offer. Whatever its import raises names the command and spares the others."""
    if offer.members:
        return Family(offer)
    try:
        target = offer.entry.load()
    except Exception as error:  # any fault of a foreign module, whatever its class
        print(
            f"`baton {offer.name}` cannot be loaded from {offer.entry.value}: "
            f"{type(error).__name__}: {error}\n"
            "Install that package again; the other commands work.",
            file=sys.stderr,
        )
        raise typer.Exit(2) from error
    if isinstance(target, typer.Typer):
        command = typer.main.get_command(target)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(offer.name)(target)
        command = typer.main.get_command(single)
    command.name = offer.name
    return command


app = typer.Typer(
    cls=CommandFrame,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        print(f"baton {metadata.version('baton-cli')}")
        raise typer.Exit


@app.callback(help=HELP)
def baton(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """The frame itself does nothing."""


def main() -> None:
    """Entry point of the `baton` script."""
    app(prog_name="baton")

"""How commands are declared: the same options, worded the same way, everywhere."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
StackFile = Annotated[
    Path | None,
    typer.Option(
        "--stack",
        envvar="BATON_STACK",
        metavar="FILE",
        help="stack.json of the stack to talk to. [default: .baton/stack.json here or in a folder above]",
        show_default=False,
    ),
]
Cursor = Annotated[str | None, typer.Option(metavar="TEXT", help="`next` of the page before, from --json.")]
LeadName = Annotated[
    str,
    typer.Argument(
        metavar="LEAD", help="The lead's id, the beginning of it, or the person's e-mail.", show_default=False
    ),
]


class Group(TyperGroup):
    """A group whose help tells each command in full: click cuts the line at the width of the terminal."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, wrapped."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, " ".join((command.help or "").partition("\n\n")[0].split()))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def command_group(**settings: Any) -> typer.Typer:
    """A typer app for subcommands. Pass `help` as a literal: the catalogue reads it in the source."""
    return typer.Typer(
        cls=Group,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        **settings,
    )

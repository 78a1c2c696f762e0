"""Files that commands write: for their owner alone, and never over another one unasked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from baton_cli.errors import BadUsage

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write it there, readable for you alone, instead of on the screen.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="With --out: overwrite a file that is there already.")]


def check_place(out: Path, *, force: bool = False) -> None:
    """Raises BadUsage where `save` would, as far as can be known before long work begins."""
    if out.is_dir():
        raise BadUsage(f"{out} is a folder: name a file.")
    if os.path.lexists(out) and not force:
        raise BadUsage(f"{out} is there already: name another file, or overwrite it with --force.")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise BadUsage(f"{out} cannot be written: {out.parent} is no folder that you may write into.")


def save(out: Path, content: Callable[[], bytes], *, force: bool = False) -> None:
    """Write what `content` gives into a file of mode 600, asking for it only once it can be written.

    Raises BadUsage for a file that is there already, unless `force`, and for a place that cannot be written.
    """
    check_place(out, force=force)
    text = content()
    new = out.with_name(f".{out.name}.{os.getpid()}") if force else out
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        new.replace(out)
    except OSError as error:
        raise BadUsage(f"{out} cannot be written: {error.strerror or error}.") from None

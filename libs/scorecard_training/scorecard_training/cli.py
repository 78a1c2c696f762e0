"""`baton scorecard train`: learn one from past leads. What learns is imported only when it is used."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, CommandFailed
from baton_cli.files import check_place, save
from baton_cli.output import print_heading, print_json, print_line, print_table, progress
from scorecard_training import store
from scorecard_training.refusals import CannotTrain

if TYPE_CHECKING:
    from scorecard_training.column_map import ColumnMap
    from scorecard_training.preparation import Question
    from scorecard_training.reading import Row
    from scorecard_training.training import Trained

EXTRA = "baton-scorecard-training[learn]"
NEEDED = ("numpy", "sklearn")


class _Refused(CommandFailed):
    """The history cannot be learned from as it is."""

    exit_code = 1


def train(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="CSV or JSON lines, one past lead a row.", show_default=False),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="The column that says what became of the lead.", show_default=False
        ),
    ] = None,
    from_store: Annotated[
        bool,
        typer.Option(
            "--from-store", help="Learn from the line's ended leads in scoring's store, instead of FILE."
        ),
    ] = False,
    won: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE", help="A value of the outcome that means won; repeatable.", show_default=False
        ),
    ] = None,
    filled_is_won: Annotated[
        bool, typer.Option("--filled-is-won", help="Any outcome means won, an empty cell not won.")
    ] = False,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Leave out leads without an outcome.")
    ] = False,
    fit: Annotated[
        str | None,
        typer.Option(
            metavar="COLS", help="Columns that say who they are, separated by commas.", show_default=False
        ),
    ] = None,
    interest: Annotated[
        str | None,
        typer.Option(
            metavar="COLS", help="Columns that say what they do. Name one list: the rest is the other."
        ),
    ] = None,
    column_map: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="A column map, instead of --fit and --interest."),
    ] = None,
    write_map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a column map to edit, and learn nothing.", show_default=False
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Read the rows by this form; then columns are lead.country, ..."),
    ] = None,
    rulebook: Annotated[Path, typer.Option(metavar="FOLDER", help="With --form: where it is.")] = Path(
        "rulebook"
    ),
    date: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="When the lead came: learn from the past, test on what came later."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="No leak, whatever it looks like; repeatable.", show_default=False
        ),
    ] = None,
    rules: Annotated[int, typer.Option(min=2, max=200, help="So many rules at most.")] = 24,
    mean_deal: Annotated[
        str | None,
        typer.Option(metavar="MONEY", help="Mean deal in the company's currency: writes `value`, too."),
    ] = None,
    line: Annotated[str, typer.Option(help="The line it is for.")] = "main",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The scorecard. [default: learned-LINE.yaml]", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The report as one page with charts.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Learn whole points from past leads, test them, and write a scorecard to edit.

    Columns that look as if sales filled them in are left out and named. The file is no rulebook's part yet:
    put it into scorecards/ as LINE.yaml, then `baton check`.
    """
    _check_installed()
    from scorecard_training.preparation import Question

    if from_store:
        outcome, won, date = outcome or store.WON, won or ["1"], date or store.CAME_AT
    if outcome is None:
        raise BadUsage("--outcome COLUMN says which column tells what became of the lead.")
    place = out or Path(f"learned-{line}.yaml")
    for each in (place, html) if write_map is None else (write_map,):
        if each is not None:
            check_place(each, force=force)
    try:
        said = _said(fit, interest, column_map)
        source, rows = _read(file, stack, line, from_store=from_store)
        if form is not None:
            rows = _by_form(rows, rulebook, form, [outcome, *([date] if date else [])])
        question = Question(outcome, tuple(won or ()), filled_is_won, leave_open, date, said)
        if write_map is not None:
            _write_map(rows, question, write_map, force=force)
            return
        progress(f"{len(rows):,} rows; learning and testing ...")
        trained = _train(rows, question, source, keep or [], rules, mean_deal)
    except CannotTrain as refusal:
        raise _Refused(_sentence(str(refusal))) from None
    _save(trained, place, html, force=force)
    _tell(trained, place, html, line, is_guessed=not said.is_said, as_json=as_json)


def _check_installed() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise CommandFailed(
            f"Learning needs {' and '.join(missing)}, which Baton does not install for running: "
            f"pip install '{EXTRA}'."
        )


def _said(fit: str | None, interest: str | None, column_map: Path | None) -> "ColumnMap":
    from scorecard_training.column_map import listed_map, read_map

    if column_map is None:
        return listed_map(_listed(fit), _listed(interest))
    if fit or interest:
        raise BadUsage("--map says it all: leave --fit and --interest out, or the map.")
    return read_map(column_map)


def _read(file: Path | None, stack: Path | None, line: str, *, from_store: bool) -> "tuple[str, list[Row]]":
    """What the rows are called, and the rows."""
    from scorecard_training.reading import read_rows

    if from_store and file is not None:
        raise BadUsage("--from-store reads the store: leave FILE out, or the option.")
    if from_store:
        progress("reading ended leads of the store ...")
        return f"ended leads of line {line}", store.read(stack, line)
    if file is None:
        raise BadUsage("Name a FILE of past leads, or learn from the store with --from-store.")
    progress(f"reading {file} ...")
    return file.name, read_rows(file)


def _by_form(rows: "list[Row]", folder: Path, form: str, beside: list[str]) -> "list[Row]":
    from scorecard_training.refusals import no_column
    from scorecard_training.through_form import form_of, through_form

    for name in beside:
        if rows and name not in rows[0]:
            raise no_column(name, rows[0])
    return list(through_form(rows, form_of(folder, form), beside))


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _write_map(rows: "list[Row]", question: "Question", place: Path, *, force: bool) -> None:
    from scorecard_training.column_map import written_map
    from scorecard_training.preparation import prepare

    prepared = prepare(rows, question)
    useful = {
        name: part
        for name, part in prepared.parts.items()
        if name in prepared.reads and name not in prepared.left_out
    }
    save(place, lambda: written_map(useful, prepared.reads).encode(), force=force)
    print_line(f"{len(useful)} columns in {place}. Edit it, then train with --map {place}.")


def _train(
    rows: "list[Row]", question: "Question", source: str, keep: list[str], rules: int, mean_deal: str | None
) -> "Trained":
    from scorecard_training.training import Options, train

    today = datetime.now(UTC).date()
    options = Options(keep=keep, most_rules=rules, mean_deal=_money(mean_deal))
    return train(rows, question, options, source=source, today=today)


def _money(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        money = Decimal(text)
    except InvalidOperation:
        money = Decimal(0)
    if not (money.is_finite() and 0 < money < 10**10) or round(money, 2) != money:
        raise BadUsage(f"--mean-deal: {text!r} is no amount; write it as 1200 or 1200.50.")
    return money


def _save(trained: "Trained", place: Path, html: Path | None, *, force: bool) -> None:
    from scorecard_training.page import page

    save(place, trained.text.encode, force=force)
    if html is not None:
        save(html, lambda: page(trained).encode(), force=force)


def _tell(
    trained: "Trained", place: Path, html: Path | None, line: str, *, is_guessed: bool, as_json: bool
) -> None:
    from scorecard_training.tables import document, tables
    from scorecard_training.training import parts_told

    if as_json:
        print_json(document(trained) | {"scorecard": place, "html": html, "line": line})
        return
    print_line(f"{trained.source}.")
    for table in tables(trained):
        print_line()
        print_heading(table.heading)
        print_table(table.columns, table.rows)
        if table.note:
            print_line(table.note)
    print_line()
    if is_guessed:
        for part, names in parts_told(trained).items():
            print_line(f"Taken for {part}: {', '.join(names) or 'nothing'}.")
        print_line("That is a guess: --write-map FILE writes it down to be corrected.")
    if trained.prepared.rows_open:
        print_line(f"{trained.prepared.rows_open:,} leads without an outcome were left out.")
    print_line(f"Written: {place}" + (f", {html}" if html else "") + ".")
    print_line(f"Read it, edit it, put it into your rulebook as scorecards/{line}.yaml, then `baton check`.")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith("?") else ".")

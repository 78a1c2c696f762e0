"""A product line as a caller names it."""

from rulebook.report import did_you_mean
from rulebook.versions import History
from service_kit.problems import Problem


def check_line(history: History, line: str | None) -> None:
    """Raises Problem 422 for a line that no version of the rulebook has had: an empty answer would say that
    nobody is there."""
    known = {name for each in history for name in each.rulebook.lines}
    if line is not None and known and line not in known:
        detail = f"the rulebook has no line {line!r}: {did_you_mean(line, sorted(known))}"
        raise Problem(422, "No such line", detail, field="line")

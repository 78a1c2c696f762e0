"""What becomes of each column of a file: of a lead's profile, of where it came from, of the submission. Pure.

As `rulebook.mapping` reads a row and `making.Maker` what is beside the mapping; a test holds the three to the
same.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from intake.domain.technical import HONEYPOT_PREFIX
from rulebook.attributes import MOST_ATTRIBUTES, attribute_name
from rulebook.attribution import CLICK_IDS, FIRST_TOUCH, LAST_TOUCH, VISITOR
from rulebook.form_plan import ATTRIBUTION, CLICK_ID, plan_of
from rulebook.models import Form
from rulebook.paths import is_plain, steps

OCCURRED_AT, OWNER = "occurred_at", "owner"
_ATTRIBUTE = "attributes."
_SCRIPTS = {FIRST_TOUCH: "first_touch", LAST_TOUCH: "last_touch", VISITOR: "visitor"}
_SPOKEN = {
    OCCURRED_AT: "date of the act",
    OWNER: "owner: the rep who gets it",
    "consent": "consent",
    "line": "line asked for",
    "test": "flag of a test",
    "vendor_id": "vendor's id of the lead",
    "first_touch": "campaign attribution: first visit",
    "last_touch": "campaign attribution: last visit",
    "visitor": "visitor: the website's id of the browser",
    "unfolded": "fields of its own, laid out",
    "honeypot": "honeypot: of no account in a file",
    "redirect": "nothing: where a page goes next",
    "signature": "nothing: a sender's proof",
    "volatile": "nothing: volatile, differs from copy to copy",
    "unread": "nothing, kept as it stands only",
}
"""What is no field of the profile, in words for people. Nothing is lost: each cell is kept as it stands."""


def targets_of(
    form: Form, names: Mapping[str, str], *, date_column: str | None, owner_column: str | None
) -> dict[str, tuple[str, ...]]:
    """What becomes of each column; `names`: the field's name by column.

    `date_column`: the one whose dates count, if any; `owner_column`: the one that names the rep. Of the
    profile, attribution and attributes by their names in the event; others are keys of `spoken`.
    """
    unmapped = set(plan_of(form).unmapped(dict.fromkeys(names.values(), "")))
    found = {}
    for column, name in names.items():
        made = list(_made_of(form, name, is_dated_elsewhere=date_column not in (None, column)))
        made += [OCCURRED_AT] if column == date_column else []
        made += [OWNER] if column == owner_column else []
        if name in unmapped and not name.startswith("_"):
            made.append(_ATTRIBUTE + attribute_name(name))
        found[column] = tuple(dict.fromkeys(made)) or (_why_nothing(form, name),)
    return found


def spoken(target: str) -> str:
    """For people."""
    if target in ATTRIBUTION:
        return f"campaign attribution: {target}"
    if target.startswith(CLICK_ID):
        return f"click id: {target.removeprefix(CLICK_ID)}"
    if target.startswith(_ATTRIBUTE):
        return f"attribute: {target.removeprefix(_ATTRIBUTE)}"
    return _SPOKEN.get(target, target)


def too_many(targets: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A note where more columns become attributes than a lead keeps."""
    count = len({each for made in targets.values() for each in made if each.startswith(_ATTRIBUTE)})
    if count <= MOST_ATTRIBUTES:
        return ()
    return (
        f"{count} columns become attributes: of a row the first {MOST_ATTRIBUTES} that are filled are kept; "
        "take away columns that no rule reads",
    )


def _made_of(form: Form, name: str, *, is_dated_elsewhere: bool) -> Iterator[str]:
    """What the form makes of a field of that name."""
    plan = plan_of(form)
    for field, mapping in form.fields.items():
        if _any_reads(mapping.from_, name):
            yield field
    for source in plan.attribution:
        if source.name not in form.fields and _any_reads(source.mapping.from_, name):
            yield source.name
    if name in CLICK_IDS:
        yield CLICK_ID + name
    if name in _SCRIPTS:
        yield _SCRIPTS[name]
    others = {
        "vendor_id": form.vendor_id,
        OCCURRED_AT: None if is_dated_elsewhere else form.vendor_time,
        "consent": form.consent_field,
        "line": form.line_field,
        "test": form.test_flag,
        "honeypot": form.honeypot,
    }
    yield from (target for target, path in others.items() if path is not None and _reads(path, name))
    if any(_reads(unfold.at, name) for unfold in form.unfold):
        yield "unfolded"


def _why_nothing(form: Form, name: str) -> str:
    if name.startswith(HONEYPOT_PREFIX):
        return "honeypot"
    if name in form.volatile:
        return "volatile"
    signed = form.signature.field if form.signature is not None else None
    others = {"redirect": form.redirect_field, "signature": signed}
    return next((each for each, path in others.items() if path and _reads(path, name)), "unread")


def _any_reads(paths: Sequence[str], name: str) -> bool:
    return any(_reads(path, name) for path in paths)


def _reads(path: str, name: str) -> bool:
    """Whether a path finds something in the cell of a column of that name, which is text: the column itself,
    or JSON inside it."""
    if path == name:
        return True
    if is_plain(path):
        return False
    (_, root), *inner = steps(path)
    return fnmatchcase(name, root) and (not inner or inner[0][0] == "json")

"""Whatever stands in a rulebook, `baton check` says what is wrong and what to write; what it lets pass can be
published."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook.check import check_folder
from rulebook.findings import errors_in
from rulebook.loader import load_folder
from rulebook.publication import prepare, to_document
from tests.unit.rulebook.test_check import EXAMPLE

FILES = ["routing.yaml", "roster.yaml", "calendars.yaml", "agreement.yaml", "company.yaml", "sources.yaml"]
VALUES = st.sampled_from(
    [
        *(None, True, 0, -1, 3.5, 10**30, "", "x", "true && ", "lead.country == ", "segment.large", "'"),
        *("a" * 3000, "\u202e", "*", "&a", "XX", "08:00", "25:61", "10m", "-5m", "2026-02-30", "9999-12-31"),
        *([], {}, [1], [None], {"a": 1}, ["spain"], [["09:00", "18:00"]], {"": None}, "spain", "nan"),
    ]
)
KEYS = st.sampled_from(["x", "pool", "when", "then", "reps", "language", "team", ""])


class PlainDumper(yaml.SafeDumper):
    """Writes every value out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def parts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of a document, but for the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in inner for place in [(*path, key), *parts(each, (*path, key))]]


def change(draw: st.DrawFn, document: Any) -> None:
    """Another value, one left out, or one more."""
    *above, last = draw(st.sampled_from(parts(document)))
    parent = document
    for key in above:
        parent = parent[key]
    what = draw(st.sampled_from(["replace", "replace", "leave out", "add"]))
    if what == "leave out":
        del parent[last]
    elif what == "replace":
        parent[last] = draw(VALUES)
    elif isinstance(parent, dict):
        parent[draw(KEYS)] = draw(VALUES)
    else:
        parent.append(draw(VALUES))


@st.composite
def changed_files(draw: st.DrawFn) -> dict[str, bytes]:
    """Up to three files of the example with something else in them."""
    found = {}
    for name in draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=3, unique=True)):
        document = yaml.safe_load((EXAMPLE / name).read_text("utf-8"))
        for _ in range(draw(st.integers(1, 2))):
            if isinstance(document, dict) and document:
                change(draw, document)
        found[name] = yaml.dump(document, Dumper=PlainDumper, allow_unicode=True).encode()
    return found


def checked(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place) / "company"
        shutil.copytree(EXAMPLE, folder)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        found = check_folder(folder)
        for each in found:
            assert each.file.startswith(folder.as_posix())
            assert each.line > 0
            assert each.message
            assert each.hint
        if not errors_in(found):
            prepare(orjson.loads(orjson.dumps(to_document(load_folder(folder)))))


@given(changed_files())
@settings(max_examples=40, deadline=None)
def test_whatever_a_document_holds_is_read_or_told(files: dict[str, bytes]) -> None:
    checked(files)


@given(st.sampled_from(FILES), st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=12))
@settings(max_examples=40, deadline=None)
def test_whatever_bytes_a_file_holds_are_read_or_told(name: str, at: int, cut: int, instead: bytes) -> None:
    content = (EXAMPLE / name).read_bytes()
    checked({name: content[:at] + instead + content[at + cut :]})


def test_a_first_file_that_cannot_be_read_is_one_finding_with_its_line() -> None:
    for content, line, said in (
        (b"company: Aurora\ncity: Coru\xf1a\n", 2, "`city: Coru\u00f1a`, if saved by Windows"),
        (b"company: [\n", 2, "YAML"),
        (b"- Aurora\n", 1, "holds no keys"),
        (b"", 1, "the file is empty"),
    ):
        with TemporaryDirectory() as place:
            folder = Path(place) / "company"
            shutil.copytree(EXAMPLE, folder)
            (folder / "company.yaml").write_bytes(content)
            (finding,) = check_folder(folder)
        assert (Path(finding.file).name, finding.line) == ("company.yaml", line)
        assert said in finding.message

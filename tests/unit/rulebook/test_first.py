"""`baton init`: a first rulebook from a few answers."""

from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import RulebookInvalid
from rulebook.first import Answers, FirstRep, FolderInUse, init_folder
from rulebook.loader import load_folder

REPS = [FirstRep("Ána Ruíz", "ana@example.com"), FirstRep("ana ruiz", "ana2@example.com")]


def test_a_first_rulebook_is_clean(tmp_path: Path) -> None:
    written = init_folder(tmp_path / "rulebook", Answers('Acme: "R&D"', REPS))
    assert check_folder(tmp_path / "rulebook") == []
    book = load_folder(tmp_path / "rulebook")
    assert book.company == 'Acme: "R&D"'
    assert list(book.roster.reps) == ["ana-ruiz", "ana-ruiz-2"]
    assert all(path.is_file() for path in written)


def test_each_first_rulebook_has_a_form_key_of_its_own(tmp_path: Path) -> None:
    keys = set()
    for name in ("a", "b"):
        init_folder(tmp_path / name, Answers("Acme", REPS))
        keys.add(load_folder(tmp_path / name).forms["contact"].key)
    assert len(keys) == 2


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", "utf-8")
    with pytest.raises(FolderInUse, match="empty or a new"):
        init_folder(tmp_path, Answers("Acme", REPS))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


WRONG = [
    ("no company", Answers(" ", REPS), "company"),
    ("nobody to sell", Answers("Acme", []), "at least one rep"),
    ("no address", Answers("Acme", [FirstRep("Ana", "ana")]), "ana@example.com"),
    ("no zone", Answers("Acme", REPS, time_zone="Europe/Madrit"), "Europe/Madrid"),
    ("no country", Answers("Acme", REPS, country="XX"), "ISO code"),
    ("no country code", Answers("Acme", REPS, country="Spain"), "two capital letters"),
    ("no time", Answers("Acme", REPS, opens="9"), "HH:MM"),
    ("no currency", Answers("Acme", REPS, currency="euro"), "three capital letters"),
]


@pytest.mark.parametrize(("answers", "hint"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_an_answer_that_makes_no_rulebook_writes_nothing(tmp_path: Path, answers: Answers, hint: str) -> None:
    with pytest.raises(RulebookInvalid, match=hint):
        init_folder(tmp_path / "rulebook", answers)
    assert not (tmp_path / "rulebook").exists()

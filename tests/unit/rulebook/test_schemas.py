"""JSON Schemas for editors are those of the models, and the example company fits them."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from rulebook.documents import read_document
from rulebook.schemas import FOLDER, schemas, write_schemas

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
FILES = sorted(path for path in EXAMPLE.rglob("*.yaml"))


def test_the_schemas_beside_the_example_are_fresh() -> None:
    kept = {path.name: json.loads(path.read_text("utf-8")) for path in (EXAMPLE / FOLDER).iterdir()}
    assert kept == schemas(), "run: python -m rulebook.schemas rulebook"


@pytest.mark.parametrize("file", FILES, ids=[path.relative_to(EXAMPLE).as_posix() for path in FILES])
def test_each_file_names_the_schema_it_fits(file: Path) -> None:
    first = file.read_text("utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    schema_file = (file.parent / first.partition("=")[2]).resolve()
    assert schema_file.parent == EXAMPLE / FOLDER
    schema = json.loads(schema_file.read_text("utf-8"))
    jsonschema.validate(read_document(file, file.name, ()).value, schema)


def test_a_schema_refuses_a_misspelt_key() -> None:
    form = yaml.safe_load((EXAMPLE / "forms" / "newsletter.yaml").read_text("utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="honeypott"):
        jsonschema.validate({**form, "honeypott": "x"}, schemas()["form.schema.json"])


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    before = {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)}
    assert {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)} == before

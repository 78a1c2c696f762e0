"""JSON Schemas for editors, one for each kind of file: `python -m rulebook.schemas FOLDER...` writes
FOLDER/.schemas."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, create_model

from rulebook.models import (
    Agreement,
    Alerts,
    Calendar,
    Campaign,
    CrmConnection,
    Form,
    Identifier,
    Nurturing,
    Roster,
    Routing,
    Rulebook,
    RulebookModel,
    Scorecard,
    Source,
)

FOLDER = ".schemas"
_COMPANY = (
    "company",
    "time_zone",
    "currency",
    "lines",
    "staff_domains",
    "content",
    "pages",
    "matching",
    "retention",
)


def schemas() -> dict[str, dict[str, Any]]:
    """File name (`form.schema.json`) to schema. Rules stricter than types are left to `baton check`."""
    company: dict[str, Any] = {
        name: (field.annotation, field) for name, field in Rulebook.model_fields.items() if name in _COMPANY
    }
    kinds: dict[str, Any] = {
        "company": create_model("Company", __base__=RulebookModel, **company),
        "form": Form,
        "sources": dict[Identifier, Source],
        "scorecard": Scorecard,
        "routing": Routing,
        "roster": Roster,
        "calendars": dict[Identifier, Calendar],
        "agreement": Agreement,
        "alerts": Alerts,
        "nurturing": Nurturing,
        "crm": dict[Identifier, CrmConnection],
        "campaigns": dict[Identifier, Campaign],
    }
    found = {}
    for name, kind in kinds.items():
        schema = TypeAdapter(kind).json_schema(by_alias=True)
        found[f"{name}.schema.json"] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **_one_path_too(schema),
        }
    return found


def _one_path_too(schema: dict[str, Any]) -> dict[str, Any]:
    """`email: mail` is short for `email: {from: mail}`, and `from: mail` for `from: [mail]`.
    The same for what is laid out: `unfold: [hidden]`."""
    mapping = schema.get("$defs", {}).get("FieldMapping")
    if mapping is not None:
        paths = mapping["properties"]["from"]
        one_or_many = [{"type": "string"}, paths]
        mapping["properties"]["from"] = {"anyOf": one_or_many}
        mapping["anyOf"] = [{"required": ["from"]}, {"required": ["default"]}]
        fields = schema["properties"]["fields"]
        fields["additionalProperties"] = {"anyOf": [*one_or_many, fields["additionalProperties"]]}
        schema["required"].remove("fields")  # a ready mapping may have them all
        schema["anyOf"] = [{"required": ["fields"]}, {"required": ["vendor"]}]
    asked = schema.get("$defs", {}).get("Input")
    if asked is not None:
        same = {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
        asked["properties"]["options"] = {"anyOf": [same, asked["properties"]["options"]]}
    unfold = schema.get("$defs", {}).get("Unfold")
    if unfold is not None:
        for key in ("name", "value"):
            unfold["properties"][key] = {"anyOf": [{"type": "string"}, unfold["properties"][key]]}
        items = schema["properties"]["unfold"]
        items["items"] = {"anyOf": [{"type": "string"}, items["items"]]}
    return schema


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into `folder`/.schemas; returns the files written."""
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        file = target / name
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
        written.append(file)
    return written


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write_schemas(Path(argument))

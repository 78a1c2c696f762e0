"""All boards, and the files they are written to."""

import json
from pathlib import Path
from typing import Any

from baton_dev.boards import health, lead_flow, reps, two_sided_sla

FOLDER = Path("deploy/grafana/dashboards")
RUNBOOKS_AT = "https://example.com/baton/docs/operations/runbooks"
"""Where runbooks are served unless the operator says otherwise; the same stands in .env for Prometheus."""


def documents(runbooks: str = RUNBOOKS_AT) -> dict[str, dict[str, Any]]:
    """Every board by its uid, in the order in which Grafana lists them."""
    boards = (lead_flow.board(), two_sided_sla.board(), reps.board(), health.board())
    return {board.uid: board.document(runbooks) for board in boards}


def text_of(document: dict[str, Any]) -> str:
    """As it stands in its file."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path, runbooks: str = RUNBOOKS_AT) -> list[Path]:
    """Write each board to `folder`; the files. A board that is no more leaves its file to be deleted."""
    written = []
    for uid, document in documents(runbooks).items():
        path = folder / f"{uid}.json"
        path.write_text(text_of(document), encoding="utf-8")
        written.append(path)
    return written

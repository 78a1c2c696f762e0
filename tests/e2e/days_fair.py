"""The list of a trade fair as its badge scanner exports it."""

import csv
from pathlib import Path

ROWS, REFUSED, SAME_PERSON, SAME_ROW = 800, 4, 6, 2
PEOPLE = ROWS - REFUSED - SAME_PERSON - SAME_ROW


def contacts(path: Path, country: str) -> Path:
    """800 rows: some twice, some of somebody scanned twice with a telephone, some without any contact."""
    people = [_row(number, country) for number in range(PEOPLE)]
    scanned_again = [
        row | {"phone": f"+346001010{place:02d}"} for place, row in enumerate(people[:SAME_PERSON])
    ]
    nobody = [_row(10_000 + number, country) | {"email": "", "phone": ""} for number in range(REFUSED)]
    rows = [*people[:700], *nobody, *scanned_again, *people[100 : 100 + SAME_ROW], *people[700:]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _row(number: int, country: str) -> dict[str, str]:
    return {
        "name": f"Visitor {number}",
        "email": f"visitor{number}@{country.lower()}.example.com",
        "phone": "",
        "company": f"Stand {number}",
        "country": country,
    }

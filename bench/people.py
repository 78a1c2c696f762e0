"""Made-up people for the loads: an endless supply, the same for the same number."""

import orjson

_COUNTRIES = ("ES", "PT", "IT", "RO")
_TITLES = ("Head of Marketing", "CTO", "Student", "Sales Director", "Office Manager")


def person(number: int, *, prefix: str = "bench") -> dict[str, object]:
    """The fields of one submission of the demo-request form."""
    return {
        "email": f"{prefix}-{number}@example.com",
        "first_name": "Ana",
        "last_name": f"Number {number}",
        "company": f"Company {number % 997}",
        "job_title": _TITLES[number % len(_TITLES)],
        "employees": (number * 37) % 900,
        "country": _COUNTRIES[number % len(_COUNTRIES)],
        "message": "Please call me about a demo for our whole team, we would like to start this quarter.",
    }


def person_json(number: int, *, prefix: str = "bench") -> bytes:
    """The same as a JSON body."""
    return orjson.dumps(person(number, prefix=prefix))

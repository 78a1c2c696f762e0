"""A wave of spam, and the honest buyers who happen to write meanwhile."""

import random
from typing import Any

Post = tuple[dict[str, Any], str]
"""A form's fields and the visitor's address."""
HONEST = 20
UNMARKED = 25


def suspect(number: int, chance: random.Random) -> Post:
    """By turns: a filled honeypot, a text full of links, an address thrown away after use."""
    kinds: tuple[dict[str, Any], ...] = (
        {"email": f"bot{number}@example.net", "fax_number": "x"},
        {"email": f"bot{number}@example.net", "message": "https://a.example https://b.example www.c.example"},
        {"email": f"bot{number}@mailinator.com", "message": "Great site!"},
    )
    return {"name": f"Bot {number}", "company": "Bots"} | kinds[number % 3], _address(chance)


def unmarked(number: int, chance: random.Random) -> Post:
    """Spam that no rule knows: while the wave lasts it waits too."""
    fields = {"name": f"Lola {number}", "email": f"lola{number}@example.net", "company": "Bots"}
    return fields | {"message": "Your casino bonus is ready"}, _address(chance)


def honest(form: str, number: int, chance: random.Random) -> Post:
    """A buyer."""
    fields = {
        "name": f"Inés Ensayo {number}",
        "email": f"ines{number}@{form}.example.com",
        "company": "Prensas Ensayo",
    }
    return fields | {"message": "Please send an offer for two presses"}, _address(chance)


def wave(form: str, suspects: int) -> tuple[list[Post], list[Post]]:
    """How it begins, with one buyer among the first suspects, and how it goes on with all others."""
    chance = random.Random(20_000)
    begins = [suspect(number, chance) for number in range(150)]
    begins.insert(40, honest(form, 0, chance))
    goes_on = [suspect(number, chance) for number in range(150, suspects)]
    others = [honest(form, number, chance) for number in range(1, HONEST)]
    others += [unmarked(number, chance) for number in range(UNMARKED)]
    for post in others:
        goes_on.insert(chance.randrange(len(goes_on)), post)
    return begins, goes_on


def _address(chance: random.Random) -> str:
    """One of a botnet's thousands."""
    return f"198.51.{chance.randrange(256)}.{chance.randrange(256)}"

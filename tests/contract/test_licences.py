"""What Baton needs may be given out beside Apache 2.0: no licence of a dependency asks for more."""

import re
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
FREE = re.compile(
    r"\b(MIT|Apache|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|Zlib|0BSD|CC0|LGPL|Lesser)",
    re.IGNORECASE,
)
"""Free beside Apache 2.0: MPL and LGPL ask for no more than their own source, which we do not change."""
BY_HAND: dict[str, str] = {}
"""Packages whose metadata name no licence, with where it was read."""


@cache
def installed() -> dict[str, Distribution]:
    """What requirements.in names, and what that needs, as it is installed."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.in").read_text().splitlines())
    waiting = [Requirement(line) for line in lines if line]
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in found and not wanted.extras:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        needs = [Requirement(need) for need in found[name].requires or ()]
        waiting += [need for need in needs if _is_asked(need, wanted.extras)]
    return found


def _is_asked(need: Requirement, extras: set[str]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def licence_of(package: Distribution) -> str:
    """All that its metadata say of it, on one line."""
    metadata = package.metadata
    said = [*(metadata.get_all("License-Expression") or ()), *(metadata.get_all("License") or ())]
    said += [each for each in metadata.get_all("Classifier") or () if each.startswith("License ::")]
    return " | ".join(" ".join(each.split())[:200] for each in said if each)


@pytest.mark.parametrize("name", sorted(installed()))
def test_a_dependency_may_be_given_out_with_ours(name: str) -> None:
    said = BY_HAND.get(name) or licence_of(installed()[name])
    assert FREE.search(said), f"{name}: {said or 'names no licence'}"
    strict = re.search(r"(?<!L)(?<!Lesser )\b(AGPL|GPL)", said.replace("LGPL", ""))
    assert not strict or "BSD" in said or "MIT" in said, f"{name}: {said}"

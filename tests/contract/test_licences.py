"""What Baton needs may be given out beside Apache 2.0: no licence of a dependency asks for more."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
FREE = re.compile(
    r"\b(MIT|Apache|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|Zlib|0BSD|CC0|LGPL|Lesser)",
    re.IGNORECASE,
)
"""Free beside Apache 2.0: MPL and LGPL ask for no more than their own source, which we do not change."""
BY_HAND: dict[str, str] = {}
"""Packages whose metadata name no licence, with where it was read."""


def installed() -> dict[str, Distribution]:
    """What requirements.in names, and what that needs, as it is installed."""
    waiting = [
        line.split("#")[0].strip()
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line.split("#")[0].strip()
    ]
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = Requirement(waiting.pop())
        extras = [*wanted.extras, ""]
        if wanted.marker and not any(
            wanted.marker.evaluate({**default_environment(), "extra": extra}) for extra in extras
        ):
            continue
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in found and not wanted.extras:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        waiting += [_for(need, extras) for need in found[name].requires or () if _is_asked(need, extras)]
    return found


def _is_asked(need: str, extras: list[str]) -> bool:
    marker = Requirement(need).marker
    environment = default_environment()
    return marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in extras)


def _for(need: str, extras: list[str]) -> str:
    wanted = Requirement(need)
    return f"{wanted.name}[{','.join(sorted(wanted.extras))}]" if wanted.extras else wanted.name


def licence_of(package: Distribution) -> str:
    """All that its metadata say of it, on one line."""
    metadata = package.metadata
    said = [metadata.get("License-Expression"), metadata.get("License")]
    said += [each for each in metadata.get_all("Classifier") or () if each.startswith("License ::")]
    return " | ".join(" ".join(each.split())[:200] for each in said if each)


@pytest.mark.parametrize("name", sorted(installed()))
def test_a_dependency_may_be_given_out_with_ours(name: str) -> None:
    said = BY_HAND.get(name) or licence_of(installed()[name])
    assert FREE.search(said), f"{name}: {said or 'names no licence'}"
    strict = re.search(r"(?<!L)(?<!Lesser )\b(AGPL|GPL)", said.replace("LGPL", ""))
    assert not strict or "BSD" in said or "MIT" in said, f"{name}: {said}"

"""Which third-party packages each image needs: a part of requirements.lock, cut out with its hashes.

`python -m baton_dev.images.locks` writes them all; `make lock` does so after it has pinned the whole. Read
from what the installed packages say of themselves, so requirements.lock must be the one that is installed.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from baton_dev.errors import StackError

WHOLE = Path("requirements.lock")
LOCKS: dict[str, tuple[str, ...]] = {
    "services/intake/requirements.lock": ("baton-intake",),
    "services/scoring/requirements.lock": ("baton-scoring",),
    "services/router/requirements.lock": ("baton-router",),
    "services/sla-monitor/requirements.lock": ("baton-sla-monitor",),
    "cli/requirements.lock": (
        "baton-cli",
        "baton-rulebook[cli]",
        "baton-intake[cli]",
        "baton-scoring[cli]",
        "baton-router[cli]",
        "baton-sla-monitor[cli]",
    ),
    "deploy/compose/build.lock": ("hatchling",),
}
"""What stands in each lock: all that these need. The last builds our own packages and is in no image."""

_OURS = "baton-"
_HEAD = "# What the image needs of requirements.lock; `make lock` writes it.\n"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==")


def image_environments() -> tuple[dict[str, str], ...]:
    """The values of environment markers in an image: Linux on either processor."""
    same = {
        "python_version": "3.13",
        "python_full_version": "3.13.0",
        "implementation_name": "cpython",
        "implementation_version": "3.13.0",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_release": "",
        "platform_version": "",
    }
    return tuple(same | {"platform_machine": machine} for machine in ("x86_64", "aarch64"))


def pinned_blocks(lock: str) -> dict[str, str]:
    """Each package of a lock by its canonical name: the pin, its hashes, without remarks."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if found := _PINNED.match(line):
            name = canonicalize_name(found[1])
            blocks[name] = ""
        if name and not line.lstrip().startswith("#"):
            blocks[name] += f"{line}\n"
    return blocks


def closure(roots: Iterable[str]) -> set[str]:
    """The names of all third-party packages that `roots` need in an image.

    Raises StackError for one that is not installed.
    """
    waiting, seen = [Requirement(root) for root in roots], set()
    found: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        name: str = canonicalize_name(wanted.name)
        if not name.startswith(_OURS):
            found.add(name)
        for extra in ("", *wanted.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _needs(name, extra)
    return found


def _needs(name: str, extra: str) -> Iterator[Requirement]:
    try:
        written = distribution(name).requires or []
    except PackageNotFoundError:
        raise StackError(
            f"{name} is not installed, and an image needs it: run `make install`, then `make lock`."
        ) from None
    for line in written:
        wanted = Requirement(line)
        if wanted.marker is None or _holds(wanted.marker, extra):
            yield wanted


def _holds(marker: Marker, extra: str) -> bool:
    return any(marker.evaluate(around | {"extra": extra}) for around in image_environments())


def part_of(whole: str, roots: Iterable[str]) -> str:
    """The lock of an image that has `roots`. Raises StackError when requirements.lock lacks one."""
    blocks = pinned_blocks(whole)
    names = sorted(closure(roots))
    if missing := [name for name in names if name not in blocks]:
        raise StackError(
            f"{WHOLE} does not pin {', '.join(missing)}: name them in requirements.in, then `make lock`."
        )
    return _HEAD + "".join(blocks[name] for name in names)


def locks(root: Path) -> Mapping[Path, str]:
    """What each lock has to say, by its path, for the checkout in `root`."""
    whole = (root / WHOLE).read_text()
    return {root / path: part_of(whole, roots) for path, roots in LOCKS.items()}


def main() -> int:
    """Write the locks of the checkout in the current folder."""
    try:
        written = locks(Path.cwd())
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in written.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

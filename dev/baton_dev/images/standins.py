"""Images under the names that the files pull, made from packages: real servers, not the published images."""

import os
import shutil
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

from baton_dev.errors import StackError
from baton_dev.files import cache_dir, one_writer
from baton_dev.images.engine import Engine
from baton_dev.images.system import call
from baton_dev.java import find_java
from baton_dev.kafka_jars import KAFKA, class_path

_FILES = Path(__file__).parent / "standins"
_DEBIAN = "baton-debian"
_RELEASE = "trixie"
_INCLUDED = "ca-certificates,python3,python3-pip,python3-venv"
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


def make_standins(engine: Engine, versions: Mapping[str, str]) -> None:
    """Make python, postgres and apache/kafka in the versions of .env, unless the engine has them.

    Raises StackError for a version that no package has.
    """
    _require_versions(versions)
    engine.docker("import", str(_debian()), _DEBIAN)
    _build(engine, "python", f"python:{versions['PYTHON_VERSION']}-slim")
    _build(engine, "postgres", f"postgres:{versions['POSTGRES_VERSION']}")
    _build(engine, "kafka", f"apache/kafka:{versions['KAFKA_VERSION']}")


def _require_versions(versions: Mapping[str, str]) -> None:
    has = {"PYTHON_VERSION": "3.13", "POSTGRES_VERSION": "17", "KAFKA_VERSION": KAFKA.rpartition(":")[2]}
    for name, version in has.items():
        if versions[name] != version:
            raise StackError(f"{name}={versions[name]}: what stands in for that image here is {version}.")


def _debian() -> Path:
    """A small Debian with Python, as a tar: made once a user."""
    folder = cache_dir() / "images"
    made = folder / f"{_RELEASE}.tar"
    with one_writer(folder):
        if not made.exists():
            draft = folder / "draft.tar"
            options = [f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT]
            words = ["mmdebstrap", "--variant=minbase", f"--include={_INCLUDED}", *options]
            call(["nice", "-n", "19", *words, _RELEASE, str(draft), _archive()], seconds=1200)
            draft.replace(made)
    return made


def _archive() -> str:
    """The archive that this machine takes Debian's packages from."""
    listed = call(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]).split()
    found = [site for site in listed if site.rstrip("/").endswith("/debian")]
    if not found:
        raise StackError("apt-get knows no archive of Debian: the stand-in images are made of its packages.")
    return found[0]


def _build(engine: Engine, name: str, tag: str) -> None:
    with tempfile.TemporaryDirectory(prefix="baton-standin-") as folder:
        context = Path(folder) / name
        shutil.copytree(_FILES / name, context)
        if name == "python":
            _add_way_to_pypi(context)
        elif name == "kafka":
            _add_kafka(context)
        engine.docker("build", "--network", "host", "--quiet", "--tag", tag, str(context))


def _add_way_to_pypi(context: Path) -> None:
    """This machine's certificates and pip's settings: in this image only, which never leaves the machine."""
    authorities = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    shutil.copy(authorities or "/etc/ssl/certs/ca-certificates.crt", context / "ca-certificates.crt")
    settings = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt"]
    for known in call(["python3", "-m", "pip", "config", "list"]).splitlines():
        name, _, value = known.partition("=")
        if name.rpartition(".")[2] in ("index-url", "extra-index-url", "trusted-host"):
            settings.append(f"{name.rpartition('.')[2]} = {value.strip(chr(39))}")
    (context / "pip.conf").write_text("\n".join(settings) + "\n")


def _add_kafka(context: Path) -> None:
    shutil.copytree(find_java().path.resolve().parents[1], context / "java", symlinks=True)
    (context / "libs").mkdir()
    for place, jar in enumerate(class_path()):
        shutil.copy(jar, context / "libs" / f"{place:02}-{Path(jar).name}")

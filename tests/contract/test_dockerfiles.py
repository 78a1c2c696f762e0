"""The five Dockerfiles are one text: they differ in nothing but what makes each image that image."""

import difflib
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sla_monitor.reports.words import LOCALES

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("services/intake", "services/scoring", "services/router", "services/sla-monitor")
IMAGES = (*SERVICES, "cli")
KEPT_BY_INTAKE = ' \\\n    BATON_DATA_DIR=/var/lib/baton\nVOLUME ["/var/lib/baton"]'
HEALTH = (
    "HEALTHCHECK --interval=5s --timeout=10s --start-period=120s --retries=6 CMD "
    """["python", "-IS", "-c", "import http.client as h, sys; """
    "c = h.HTTPConnection('127.0.0.1', 8080, timeout=3); c.request('GET', '/healthz'); "
    'sys.exit(c.getresponse().status != 200)"]'
)
A_SERVICE_ONLY = [
    "    && install -d -o 10001 -g 10001 -m 0700 /var/lib/baton \\",
    "# BATON_SECRETS_DIR names a folder and holds no secret.",
    "# hadolint ignore=DL3064",
    "    BATON_HTTP_HOST=0.0.0.0 \\",
    "    BATON_HTTP_PORT=8080 \\",
    "    BATON_SECRETS_DIR=/run/secrets/baton",
    "EXPOSE 8080",
    "STOPSIGNAL SIGTERM",
    HEALTH,
    'CMD ["python", "-m", "PACKAGE"]',
    "ENV BATON_VERSION=$BATON_VERSION",
]
THE_COMMAND_ONLY = ["    HOME=/tmp", 'ENTRYPOINT ["baton"]', 'CMD ["--help"]']


def _text(folder: str) -> str:
    return (ROOT / folder / "Dockerfile").read_text()


def _common(folder: str) -> str:
    """The text with a word in the place of what may differ."""
    text = _text(folder).replace(KEPT_BY_INTAKE, "")
    name = Path(folder).name
    text = re.sub(r"^# The image .*$", "# The image NAME", text, flags=re.MULTILINE)
    text = re.sub(r"^COPY (\S+) \1\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"(--wheel-dir /build/wheels)( \./\S+)+", r"\1 OWN", text)
    text = re.sub(r'(image\.description)="[^"]+"', r'\1="WORDS"', text)
    text = text.replace(f'"python", "-m", "{name.replace("-", "_")}"', '"python", "-m", "PACKAGE"')
    return (
        text.replace(f" -f {folder}/", " -f FOLDER/")
        .replace(f"{folder}/req", "FOLDER/req")
        .replace(f'title="baton/{name}"', 'title="baton/NAME"')
    )


def _parts() -> dict[str, Path]:
    """The folder of each package of ours, by its name."""
    files = [ROOT / "schemas/pyproject.toml", *ROOT.glob("libs/*/pyproject.toml")]
    files += [ROOT / folder / "pyproject.toml" for folder in IMAGES]
    return {tomllib.loads(file.read_text())["project"]["name"]: file.parent for file in files}


def _own(folder: str) -> set[str]:
    """The folders of ours that an image needs: what its package needs, for the command all that add to it."""
    parts, found = _parts(), set[Path]()
    waiting = [ROOT / each for each in (IMAGES if folder == "cli" else (folder,))]
    while waiting:
        if (part := waiting.pop()) not in found:
            found.add(part)
            needs = tomllib.loads((part / "pyproject.toml").read_text())["project"]["dependencies"]
            waiting += [parts[name] for need in needs if (name := Requirement(need).name) in parts]
    return {str(part.relative_to(ROOT)) for part in found}


@pytest.mark.parametrize("folder", SERVICES[1:])
def test_two_services_are_built_in_the_same_way(folder: str) -> None:
    assert _common(folder) == _common(SERVICES[0])


def test_the_command_is_built_as_a_service_is_but_serves_nothing() -> None:
    lines = list(difflib.ndiff(_common(SERVICES[0]).splitlines(), _common("cli").splitlines()))
    assert [line[2:] for line in lines if line.startswith("- ")] == A_SERVICE_ONLY
    assert [line[2:] for line in lines if line.startswith("+ ")] == THE_COMMAND_ONLY


@pytest.mark.parametrize("folder", IMAGES)
def test_an_image_is_built_of_the_packages_of_ours_that_it_needs(folder: str) -> None:
    copied = re.findall(r"^COPY (\S+) \1$", _text(folder), flags=re.MULTILINE)
    built = re.findall(r" \./(\S+)", _text(folder))
    assert copied == built
    assert set(built) == _own(folder)


def test_images_keep_the_languages_that_texts_are_written_in() -> None:
    (line,) = re.findall(r"-path '\*/babel/locale-data/\*'(.*?)-delete", _text("cli"), flags=re.DOTALL)
    kept = set(re.findall(r"-not -name '(\w+)[.*]", line))
    assert kept == {"root"} | {locale.partition("_")[0] for locale in LOCALES.values()}

"""What scoring reads from its environment."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from delivery.message import Carrier, Channel
from delivery.settings import DeliverySettings, carriers_of
from scoring.domain.erasure import ErasureKeys
from service_kit.secrets import Secrets
from service_kit.settings import ServiceSettings


class ScoringSettings(DeliverySettings):
    """What scoring needs beyond what all services share."""

    service: ClassVar[str] = "scoring"
    store_schema: ClassVar[str] = "scoring"

    erasure_key: SecretStr = Field(
        SecretStr(""),
        description="by which the erased are known again; several by commas, the newest first. Losing one "
        "lets what is from before an erasure come back",
    )
    retention_hour: int = Field(
        3, ge=0, le=23, description="hour of the night, in the company's time zone, at which retention runs"
    )
    nurturing_dir: Path | None = Field(
        None,
        description="folder for the daily list of who is in nurturing, where nurturing.yaml asks for one; "
        "files of seven days stay",
    )
    rescore_rate: int = Field(
        500,
        ge=1,
        le=100_000,
        description="open leads a second at most that are scored again under another scorecard",
    )


def nurturing_dir(settings: ServiceSettings) -> Path | None:
    """Where the daily list goes; None where there is no folder for it."""
    return settings.nurturing_dir if isinstance(settings, ScoringSettings) else None


def rescore_rate(settings: ServiceSettings) -> int:
    """So many leads a second are scored again under another scorecard."""
    return settings.rescore_rate if isinstance(settings, ScoringSettings) else 500


def erasure_keys(settings: ServiceSettings) -> ErasureKeys:
    """The keys that the erased are known again by; none where the settings are another service's."""
    setting = settings.erasure_key.get_secret_value() if isinstance(settings, ScoringSettings) else ""
    return ErasureKeys.of(setting)


def retention_hour(settings: ServiceSettings) -> int:
    """At which hour of the company's night retention runs."""
    return settings.retention_hour if isinstance(settings, ScoringSettings) else 3


def carriers(settings: ServiceSettings) -> dict[Channel, Carrier]:
    """The channels by which alerts go out; none where the settings are another service's."""
    if not isinstance(settings, DeliverySettings):
        return {}
    return carriers_of(settings, Secrets(settings.secrets_dir))

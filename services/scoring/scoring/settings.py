"""What scoring reads from its environment."""

from typing import ClassVar

from service_kit.settings import ServiceSettings


class ScoringSettings(ServiceSettings):
    """Scoring needs nothing beyond what all services share."""

    service: ClassVar[str] = "scoring"
    store_schema: ClassVar[str] = "scoring"

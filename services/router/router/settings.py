"""What the router reads from its environment."""

from typing import ClassVar

from pydantic import Field

from delivery.settings import DeliverySettings


class RouterSettings(DeliverySettings):
    """The router's own settings beside those all services share."""

    service: ClassVar[str] = "router"
    store_schema: ClassVar[str] = "router"

    drain_ms: int = Field(
        200, ge=10, le=1000, description="how often pools are looked at for a drain that is due"
    )

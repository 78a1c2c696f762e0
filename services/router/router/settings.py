"""What the router reads from its environment."""

from typing import ClassVar

from pydantic import Field, SecretStr

from delivery.settings import DeliverySettings


class RouterSettings(DeliverySettings):
    """The router's own settings beside those all services share."""

    service: ClassVar[str] = "router"
    store_schema: ClassVar[str] = "router"

    drain_ms: int = Field(
        200, ge=10, le=1000, description="how often pools are looked at for a drain that is due"
    )
    link_secret: SecretStr = Field(
        SecretStr(""),
        min_length=32,
        validate_default=False,
        description="signs the links that reps answer by, 32 characters or more; empty: no links",
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+)?/?$",
        description="address for reps' browsers, such as https://leads.example.com; empty: no links",
    )

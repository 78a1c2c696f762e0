"""What sla-monitor reads from its environment."""

from typing import ClassVar

from pydantic import Field

from delivery.settings import DeliverySettings


class Settings(DeliverySettings):
    """Settings of this service, prefix BATON_."""

    service: ClassVar[str] = "sla-monitor"
    store_schema: ClassVar[str] = "sla_monitor"

    http_port: int = Field(8084, ge=0, le=65535)
    firing_every_ms: int = Field(200, ge=10, le=60_000, description="pause between two looks at what is due")
    firing_batch: int = Field(500, ge=1, le=5_000, description="timers in one firing transaction, at most")
    news_margin_ms: int = Field(
        250,
        ge=0,
        le=10_000,
        description="how far beyond a due time must be read: what an act needs until it is a record",
    )
    report_memory_mb: int = Field(
        768, ge=64, le=1_000_000, description="MiB that the process may take which makes a report or a page"
    )

"""The audit log, as every service has it."""

from service_kit.audit import Caller, audit, audited

__all__ = ["Caller", "audit", "audited"]

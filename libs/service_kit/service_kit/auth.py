"""Bearer tokens as routes declare them; `service_kit.auth_gate` says who gets in."""

from service_kit.auth_tokens import OPERATOR, TOKEN, Credentials, bearer_scheme, bearer_token

__all__ = ["OPERATOR", "TOKEN", "Credentials", "bearer_scheme", "bearer_token"]

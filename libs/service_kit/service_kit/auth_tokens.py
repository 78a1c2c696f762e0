"""Bearer tokens as they come: kinds for the OpenAPI document, and what is refused at once."""

from collections.abc import Iterable

from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service_kit.problems import Problem

Credentials = HTTPAuthorizationCredentials | None
"""What came in the Authorization header, of whatever scheme."""


def bearer_scheme(name: str, description: str) -> HTTPBearer:
    """A kind of bearer token as the OpenAPI document names it; use it as `Security(...)` of a dependency."""
    return HTTPBearer(scheme_name=name, description=description, auto_error=False)


OPERATOR = bearer_scheme("operator", "The operator's token: BATON_OPERATOR_TOKEN of the service.")
TOKEN = bearer_scheme("token", "A token of a person or a program: `baton token create`.")


def credentials_in(headers: Iterable[tuple[bytes, bytes]]) -> Credentials:
    """What came in the Authorization header of an ASGI request, as a bearer scheme would take it."""
    said = dict(headers).get(b"authorization", b"").decode("latin-1")
    scheme, _, token = said.partition(" ")
    if scheme.lower() != "bearer":
        return None
    return HTTPAuthorizationCredentials(scheme=scheme, credentials=token.strip())


def bearer_token(credentials: Credentials) -> str:
    """The token that came. Raises Problem 401 when there is none."""
    token = credentials.credentials.strip() if credentials is not None else ""
    if not token:
        raise Problem(
            401,
            "A token is needed",
            "send the header 'Authorization: Bearer TOKEN'",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return token


def refused_token(detail: str) -> Problem:
    """The answer to a token that is not good."""
    return Problem(401, "The token is not valid", detail, headers={"WWW-Authenticate": "Bearer"})

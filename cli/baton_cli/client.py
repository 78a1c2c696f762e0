"""HTTP calls to the services; whatever goes wrong becomes a message that says what to do."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import Any, Self

import httpx

from baton_cli.errors import CannotReach, CommandFailed, Declined, FoundNothing
from baton_cli.output import progress
from baton_cli.spoken import in_commands
from baton_cli.stack import Service, Stack, find_stack

TIMEOUT_SECONDS = 15.0
_PAUSE_SECONDS = 2.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Client:
    """Calls to one installation, as its operator unless another token is passed. Use as a context manager."""

    def __init__(self, stack: Stack, timeout: float = TIMEOUT_SECONDS) -> None:
        self.stack = stack
        self._timeout = timeout
        self._sessions: dict[Service, httpx.Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            session.close()

    def get(self, service: Service, path: str, *, token: str | None = None, **params: Any) -> Any:
        """The JSON answer to a GET; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return self.request("GET", service, path, token=token, params=given).json()

    def post(
        self,
        service: Service,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The JSON answer to a POST, None for an empty one."""
        response = self.request("POST", service, path, token=token, json=body, headers=headers)
        return response.json() if response.content else None

    def request(
        self, method: str, service: Service, path: str, *, token: str | None = None, **content: Any
    ) -> httpx.Response:
        """A successful answer. Raises CannotReach, FoundNothing for a 404, Declined for another 4xx."""
        response = self.answer(method, service, path, token=token, **content)
        if response.is_success:
            return response
        raise self._failure(service, response, is_operator=token is None)

    def patient(
        self, method: str, service: Service, path: str, *, at_most: float, **content: Any
    ) -> httpx.Response:
        """As `request`; where a service is busy (429) it is asked again when it says, for `at_most` seconds
        in all."""
        left = at_most
        while (wait := _busy_for(response := self.answer(method, service, path, **content))) is not None:
            if wait > left:
                break
            progress(f"{service.spoken} is busy: asked again in {wait:.0f} s.")
            sleep(wait)
            left -= max(wait, 1.0)
        if response.is_success:
            return response
        raise self._failure(service, response, is_operator="token" not in content)

    def await_open(self, service: Service, *, at_most: float) -> None:
        """Return once the service has read back what its store lacks, or after `at_most` seconds; what is
        asked next tells what is wrong then. Raises CannotReach.
        """
        left = at_most
        while self.answer("GET", service, "/servez").status_code == 503 and left > 0:
            if left == at_most:
                progress(f"{service.spoken} is not open yet (its /servez says why): waiting.")
            sleep(_PAUSE_SECONDS)
            left -= _PAUSE_SECONDS

    def lines(self, service: Service, path: str, body: Any) -> Iterator[str]:
        """What a POST answers, each line as soon as it is told; the timeout is for one line. Raises like
        `request`, and CannotReach where the answer breaks off."""
        with self._reaching(service):
            asked = self._session(service).stream("POST", path, headers=self._headers(), json=body)
            with asked as response:
                if not response.is_success:
                    response.read()
                    raise self._failure(service, response, is_operator=True)
                try:
                    yield from _lines(response.iter_text())
                except httpx.RemoteProtocolError:
                    raise CannotReach(
                        f"{service.spoken} broke off its answer: its log tells why. Ask again."
                    ) from None

    def answer(
        self, method: str, service: Service, path: str, *, token: str | None = None, **content: Any
    ) -> httpx.Response:
        """The answer, whatever its status. Raises CannotReach when there is none."""
        headers = dict(content.pop("headers", None) or {}) | self._headers(token)
        with self._reaching(service):
            return self._session(service).request(method, path, headers=headers, **content)

    def _headers(self, token: str | None = None) -> dict[str, str]:
        token = token or self.stack.operator_token
        return {"Authorization": f"Bearer {token}"} if token else {}

    @contextmanager
    def _reaching(self, service: Service) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise CannotReach(
                f"{service.spoken} does not answer at {self.stack.address(service)} ({_reason(error)}). "
                f"Is it running? {self._remedy(service)}"
            ) from None
        except httpx.InvalidURL as error:
            raise CannotReach(
                f"{self.stack.address(service)!r} is no address of {service.spoken} ({error}): write for "
                f"example {service.variable}=http://127.0.0.1:8080."
            ) from None

    def _session(self, service: Service) -> httpx.Client:
        if service not in self._sessions:
            address = self.stack.address(service)
            is_near = httpx.URL(address).host in _LOOPBACK
            self._sessions[service] = httpx.Client(
                base_url=address, timeout=self._timeout, trust_env=not is_near
            )
        return self._sessions[service]

    def _remedy(self, service: Service) -> str:
        if self.stack.file is not None and service.variable not in os.environ:
            return f"The address comes from {self.stack.file}; `make run` starts a stack and renews it."
        return f"The address comes from {service.variable}."

    def _lacking(self, status: int, said: str, is_operator: bool) -> str:
        """What is wrong with a token: it is not good (401), or is good and may not do this (403)."""
        if status == 403:
            return f"the token may not do this (403): {said}"
        if not is_operator:
            return f"this token is not accepted (401): {said}"
        if not self.stack.operator_token:
            return "the token is missing (401). Set BATON_OPERATOR_TOKEN to one that the service knows."
        return (
            f"the token is not accepted (401). It comes from {self.stack.token_from}; set "
            "BATON_OPERATOR_TOKEN to the one the service was started with, or to one of `baton token create`."
        )

    def _failure(self, service: Service, response: httpx.Response, *, is_operator: bool) -> CommandFailed:
        said = _problem(response)
        if response.status_code in (401, 403):
            return CannotReach(f"{service.spoken}: {self._lacking(response.status_code, said, is_operator)}")
        if response.status_code == 404:
            return FoundNothing(f"{service.spoken}: {said}")
        if response.is_client_error:
            return Declined(f"{service.spoken} declined ({response.status_code}): {said}")
        if response.status_code == 503:
            return CannotReach(
                f"{service.spoken} is not ready (503): {said} `baton status` shows what it waits for."
            )
        return CannotReach(f"{service.spoken} failed ({response.status_code}): {said} Its log tells more.")


def open_client(stack_file: Path | None, timeout: float = TIMEOUT_SECONDS) -> Client:
    """A client for the stack of this folder, or the one that `--stack` names."""
    return Client(find_stack(stack_file, os.environ, Path.cwd()), timeout)


def _busy_for(response: httpx.Response) -> float | None:
    """The seconds after which a busy service wants to be asked again; None where it does not say."""
    told = response.headers.get("Retry-After", "")
    return float(told) if response.status_code == 429 and told.isdecimal() and len(told) < 7 else None


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "connection refused" if isinstance(error, httpx.ConnectError) else type(error).__name__


def _problem(response: httpx.Response) -> str:
    """What a problem document (RFC 9457) says in one line, else the beginning of the body."""
    try:
        document = response.json()
    except ValueError:
        return response.text[:200] or response.reason_phrase
    if not isinstance(document, dict):
        return str(document)[:200]
    said = str(document.get("detail") or document.get("title") or response.reason_phrase)
    return in_commands(said) + "".join(f"\n  {_finding(each)}" for each in document.get("findings") or [])


def _finding(found: object) -> str:
    """One fault of a rulebook, as scoring tells it, on a line."""
    if not isinstance(found, dict):
        return str(found)
    told = f"{found.get('path')}: {found.get('message')}"
    return f"{told}; {found['hint']}" if found.get("hint") else told


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """JSON lines; other line ends may stand within a text."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest


def items(answer: Any, name: str) -> list[dict[str, Any]]:
    """The list of an answer, which is the list itself or holds it under `name`."""
    found: list[dict[str, Any]] = answer if isinstance(answer, list) else answer.get(name, [])
    return found

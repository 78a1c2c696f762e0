"""One service as a process: started, awaited by its readiness, named with its log when it crashes."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from baton_dev.errors import PartFailedError
from baton_dev.files import last_messages
from baton_dev.launch import Process, death_signal, kill_tree, launch, stop
from baton_dev.waiting import wait_until


class ManagedProcess:
    """A process of ours with a name, a log and an HTTP address; ends when the process that owns it ends."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log_path: Path, base_url: str
    ) -> None:
        self.name = name
        self.log_path = log_path
        self.base_url = base_url
        self.env = dict(env)
        self._argv = list(argv)
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """Process id while running."""
        if self._process is None:
            raise PartFailedError(f"{self.name} is not running: call start() first")
        return self._process.pid

    def start(self) -> None:
        """Start without waiting; a second call while it runs does nothing."""
        if not self.is_alive():
            command = [*death_signal("KILL"), *self._argv]
            self._process = launch(command, env=self.env, log=self.log_path)

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def await_answer(self, path: str = "/readyz", deadline: float = 60.0) -> None:
        """Return once `GET path` answers 200; PartFailedError when it ends first or after `deadline` s."""
        last = "no answer"

        def answers() -> bool:
            nonlocal last
            self.require_alive()
            try:
                response = client.get(path)
            except httpx.TransportError as error:
                last = f"{type(error).__name__}: {error}"
                return False
            last = f"{response.status_code} {response.text[:500]}"
            return response.is_success

        with httpx.Client(base_url=self.base_url, timeout=5, trust_env=False) as client:
            try:
                wait_until(answers, deadline, f"{self.name} ({self.base_url}{path})")
            except PartFailedError as error:
                if self.is_alive():
                    raise PartFailedError(f"{error}; last answer: {last}\n{self._log_end()}") from None
                raise

    def require_alive(self) -> None:
        """Raise PartFailedError with the end of the log when the process has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise PartFailedError(f"{self.name} {_ending(self._process.returncode)}.\n{self._log_end()}")

    def stop(self, deadline: float = 12.0) -> None:
        """SIGTERM, and SIGKILL when it has not ended after `deadline` seconds."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM, deadline)
        self._process = None

    def ask_to_stop(self) -> None:
        """SIGTERM without waiting, so that several can stop side by side; `stop()` then waits."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL now."""
        if self._process is not None:
            kill_tree(self._process)
        self._process = None

    def _log_end(self) -> str:
        return f"The end of {self.log_path}:\n{last_messages(self.log_path)}"


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with exit {returncode}"

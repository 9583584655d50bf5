"""One private server process in a directory of its own, and how it is found, started, stopped, killed and frozen."""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

START_SECONDS = 60.0
START_ATTEMPTS = 3
STOP_SECONDS = 20.0
POLL_SECONDS = 0.02


class ServerNotStarted(RuntimeError):
    """The server did not come up; the message ends with what it wrote to its log."""


class LocalServer(ABC):
    """A server process that belongs to this object: started, stopped, killed, frozen and restarted on one port."""

    host = "127.0.0.1"

    def __init__(self, directory: Path | str, *, port: int = 0) -> None:
        self.directory = Path(directory).resolve()
        self.port = port or free_port()
        self._chosen_port = bool(port)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerNotStarted(f"No server runs in {self.directory}.")
        return self._process.pid

    def start(self) -> Self:
        """Start and wait until it answers. Raises ServerNotStarted when it does not within 30 s."""
        if self.running:
            return self
        self.directory.mkdir(parents=True, exist_ok=True)
        self._end_leftover()
        self._prepare()
        for attempt in range(START_ATTEMPTS):
            with (self.directory / "server.log").open("ab") as log:
                # A session of its own: Ctrl-C in the terminal reaches the demo, which then stops its servers in order.
                self._process = subprocess.Popen(  # noqa: S603
                    self._command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self._wait_until_ready():
                atexit.register(self.stop)
                return self
            self._end(signal.SIGKILL, clean_up=False)
            if not self._chosen_port:
                self.port = free_port()  # somebody took it between our look and the server's bind
            time.sleep(POLL_SECONDS * 5 * attempt)  # a killed predecessor's children may still hold its memory
        self._clean_up()
        raise ServerNotStarted(f"{type(self).__name__} in {self.directory} did not start:\n{self._log_tail()}")

    def stop(self) -> None:
        """End it in order, with force after 20 s. No error when it does not run."""
        self._end(self._stop_signal())

    def kill(self) -> None:
        """SIGKILL: what a power cut would do to the process."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        self.stop()
        self._chosen_port = True  # clients know the address
        return self.start()

    def freeze(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing, from when this returns on."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals, *, clean_up: bool = True) -> None:
        process, self._process = self._process, None
        atexit.unregister(self.stop)
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
                os.kill(process.pid, how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        if clean_up:
            self._clean_up()

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.running:
            if self._ready():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _log_tail(self) -> str:
        return (self.directory / "server.log").read_text(errors="replace")[-2000:]

    def _end_leftover(self) -> None:
        """End a server that an earlier, killed owner left in this directory (its pid file says which)."""
        pid = first_number(self._pid_file)
        if pid is None:
            return
        if _command_line_names(pid, str(self.directory)):
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + STOP_SECONDS
        while _command_line_names(pid, str(self.directory)) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        # A dead process that nobody has reaped yet would still look alive to the new server.
        self._pid_file.unlink()

    def _bound(self, words: Sequence[str] = ()) -> list[str]:
        """`setpriv` with these words, which makes the server end too when this process dies without a word (Linux).

        The kernel watches the thread that started it, so a server started from a passing thread is not bound. One
        setpriv must do all: a change of user unbinds.
        """
        tool = shutil.which("setpriv")
        if tool and threading.current_thread() is threading.main_thread():
            words = [*words, "--pdeathsig", self._stop_signal().name.removeprefix("SIG")]
        if not words:
            return []
        return [tool or find_program("setpriv", []), *words]

    @abstractmethod
    def _prepare(self) -> None: ...

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def _ready(self) -> bool: ...

    @property
    @abstractmethod
    def _pid_file(self) -> Path: ...

    @abstractmethod
    def _stop_signal(self) -> signal.Signals: ...

    @abstractmethod
    def _clean_up(self) -> None:
        """Remove what a dead server leaves beside its data."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_program(name: str, folders: Sequence[Path]) -> str:
    for folder in folders:
        if (folder / name).is_file():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise ServerNotStarted(
            f"{name} was not found. Install the extra: pip install 'snakeweb[demo]', or put it on PATH."
        )
    return found


def run_program(command: Sequence[str]) -> str:
    """Run to the end; standard output. Raises RuntimeError with what it wrote to standard error."""
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout}{done.stderr}".strip())
    return done.stdout


def first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _command_line_names(pid: int, words: str) -> bool:
    """True when that process is alive and was started with these words (Linux; elsewhere a leftover is left)."""
    try:
        return words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory for servers that is gone afterwards, whoever owns what is in it."""
    path = Path(tempfile.mkdtemp(prefix="snakeweb-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)

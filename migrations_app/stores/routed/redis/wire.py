"""One connection that is spoken to in whole packets, for calls that must cost little more than a bare command.

A call that reads, or that a worker's token guards, is repeated once when the connection turns out to be dead. A
client's write never is: carried out twice, with another's write between, it would undo that one. Instead the
connection is looked at before a write goes out after a silence, so that a restart meanwhile costs nobody an error.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import (
    ConnectionError,  # noqa: A004 - the client's own name for it
    NoPermissionError,
    RedisError,
    ResponseError,
)

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.redis.connection import connect, domain_error, refuse_writes
from migrations_app.stores.sessions.redis.reading import is_missing_command

LOOK_AFTER_SECONDS = 0.5


def packed(*words: bytes) -> bytes:
    """Words as they travel, without the header that counts them: parts of a command can be made beforehand."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])


def command(*words: bytes) -> bytes:
    return b"*%d\r\n%b" % (len(words), packed(*words))


class Script:
    """A script with `keys` keys and `arguments` arguments; its call as EVALSHA is prepared up to the keys."""

    def __init__(self, text: str, keys: int, arguments: int) -> None:
        self.text = text.encode()
        digest = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()
        header = b"*%d\r\n" % (3 + keys + arguments)
        self.by_digest = header + packed(b"EVALSHA", digest, b"%d" % keys)
        self.by_text = header + packed(b"EVAL", self.text, b"%d" % keys)
        self.reading = header + packed(b"EVAL_RO", self.text, b"%d" % keys)


_NOTHING = Script("return 0", 0, 0)


class Wire:
    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool) -> None:
        self._config = config
        self._pool = connect(config, secrets, read_only=read_only).connection_pool
        self._read_only = read_only
        self._connection: Any = None
        self._spoke_at = 0.0
        self._scripts_read: bool | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._pool.release(self._connection)
            self._connection = None
        self._pool.disconnect()

    def ask(self, *commands: bytes) -> Any:
        """The answer of one reading command, or the list of those of several. Errors of any raise."""
        try:
            try:
                return self._exchange(commands)
            except ConnectionError:
                return self._exchange(commands)
        except RedisError as error:
            raise domain_error(self._config, error) from None

    def permits(self, words: bytes) -> bool:
        """Whether the server knows this reading command and lets this user send it."""
        try:
            self._exchange((words,))
        except NoPermissionError:
            return False
        except ResponseError as error:
            if is_missing_command(error):
                return False
            raise domain_error(self._config, error) from None
        except RedisError as error:
            raise domain_error(self._config, error) from None
        return True

    def run(self, script: Script, words: bytes, *, once: bool = False) -> Any:
        """Run a script; `words` are its keys and arguments, packed. `once`: it may not be carried out twice."""
        try:
            if once:
                self._look()
            else:
                return self._run_repeatedly(script, words)
            return self._run(script, words)
        except RedisError as error:
            raise domain_error(self._config, error) from None

    def run_reading(self, script: Script, words: bytes) -> Any:
        """Run a script that writes nothing; a read-only store has the server make sure of it."""
        if not self._read_only:
            return self.run(script, words)
        if self._scripts_read is None:
            self._scripts_read = self.permits(_NOTHING.reading)
        if not self._scripts_read:
            raise ValidationFailed(
                "A read-only look at a Redis store under a route needs EVAL_RO: Redis 7 and the user's permission."
            )
        return self.ask(script.reading + words)

    def _run_repeatedly(self, script: Script, words: bytes) -> Any:
        try:
            return self._run(script, words)
        except ConnectionError:
            return self._run(script, words)

    def _run(self, script: Script, words: bytes) -> Any:
        try:
            return self._exchange((script.by_digest + words,))
        except ResponseError as error:
            if not str(error).startswith(("NOSCRIPT", "No matching script")):
                raise
            return self._exchange((script.by_text + words,))  # it was not carried out: the server did not know it

    def _exchange(self, commands: Sequence[bytes]) -> Any:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._pool.get_connection()
        if self._read_only:
            for each in commands:
                refuse_writes((each.split(b"\r\n", 3)[2],))
        try:
            if len(commands) == 1:
                connection.send_packed_command(commands)
                return connection.read_response()
            connection.send_packed_command((b"".join(commands),))
            return _answers(connection, len(commands))
        except ResponseError:
            raise  # an answer like others
        except BaseException:
            # A signal's handler may raise between question and answer: nobody else may read that one as theirs.
            connection.disconnect()
            raise

    def _look(self) -> None:
        """Replace a connection that the server has closed while nobody spoke."""
        now = time.monotonic()
        quiet, self._spoke_at = now - self._spoke_at, now
        connection = self._connection
        if quiet > LOOK_AFTER_SECONDS and connection is not None:
            try:
                closed = connection.can_read()
            except ConnectionError:
                closed = True
            if closed:
                connection.disconnect()


def _answers(connection: Any, count: int) -> list[Any]:
    """Every answer is read, also those after an error."""
    answers, problem = [], None
    for _ in range(count):
        try:
            answers.append(connection.read_response())
        except ResponseError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return answers

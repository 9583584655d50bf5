"""The bytes of one file: where a place in them is for people, and what no format accepts."""

from bisect import bisect_right
from itertools import accumulate

from tree_sitter import Node

from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.values import Span

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 256
BOM = b"\xef\xbb\xbf"
BLOCK = 1024
CONTINUING = bytes(range(0x80, 0xC0))


class Text:
    """A file's content with its line starts. Columns count characters, offsets bytes."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self._starts = [0]
        at = content.find(b"\n")
        while at != -1:
            self._starts.append(at + 1)
            at = content.find(b"\n", at + 1)
        self._ascii = content.isascii()
        blocks = range(0, 0 if self._ascii else len(content), BLOCK)
        self._characters = list(accumulate((_characters(content[at : at + BLOCK]) for at in blocks), initial=0))

    def span(self, start: int, end: int) -> Span:
        line = bisect_right(self._starts, start)
        return Span(self.path, start, end, line, self._column(self._starts[line - 1], start))

    def at(self, node: Node) -> Span:
        return self.span(node.start_byte, node.end_byte)

    def between(self, start: int, end: int) -> str:
        return self.content[start:end].decode()

    def of(self, node: Node) -> str:
        return self.between(node.start_byte, node.end_byte)

    def _column(self, line_start: int, at: int) -> int:
        if self._ascii:
            return at - line_start + 1
        return self._before(at) - self._before(line_start) + 1

    def _before(self, at: int) -> int:
        """How many characters begin before a place, counted from that of its block."""
        block = at // BLOCK
        return self._characters[block] + _characters(self.content[block * BLOCK : at])


def _characters(content: bytes) -> int:
    """How many characters of UTF-8 begin in it."""
    return len(content.translate(None, CONTINUING))


def unreadable(path: str, content: bytes) -> ConfigProblem | None:
    """Why nothing of a file is read, whatever its format: its size, or bytes that are not plain UTF-8 text."""
    if len(content) > MAX_BYTES:
        return _refusal(
            "file-too-large",
            f"{path} has {len(content):,} bytes, and at most {MAX_BYTES:,} are read. Nothing of it was read.",
            "Give the configuration itself; data belongs in a file of its own.",
            Span(path, 0, 0, 1, 1),
        )
    if content.startswith(BOM):
        return _refusal(
            "byte-order-mark",
            f"{path} begins with a byte order mark, which Elixir refuses. Nothing of it was read.",
            "Save it as UTF-8 without a byte order mark.",
            Span(path, 0, len(BOM), 1, 1),
        )
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _refusal(
            "not-utf-8",
            f"{path} is not UTF-8 text: byte {content[error.start]:#04x} at offset {error.start}. "
            "Nothing of it was read.",
            "Save it as UTF-8.",
            Text(path, content[: error.start] + b"?").span(error.start, error.start + 1),
        )
    null = content.find(b"\0")
    if null != -1:
        return _refusal(
            "null-byte",
            f"{path} holds a null byte at offset {null}. Nothing of it was read.",
            "It is damaged, or not a text file: restore it.",
            Text(path, content).span(null, null + 1),
        )
    return None


def nested_too_deep(text: Text, root: Node) -> ConfigProblem | None:
    """The first place that stands deeper than readers go. Walks without recursion."""
    cursor = root.walk()
    depth = 0
    while True:
        if depth > MAX_DEPTH and cursor.node is not None:
            return _refusal(
                "nested-too-deep",
                f"More than {MAX_DEPTH} levels stand within each other here. Nothing of {text.path} was read.",
                "Take the structure apart.",
                text.span(cursor.node.start_byte, cursor.node.start_byte),
            )
        if cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return None
            depth -= 1


def _refusal(code: str, message: str, suggestion: str, span: Span) -> ConfigProblem:
    return ConfigProblem(code, Severity.ERROR, "", message, suggestion, span)

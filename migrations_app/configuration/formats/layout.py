"""Where things stand in the lines of a file, for edits that keep them: what begins a line, and what comments it."""

from tree_sitter import Node

from migrations_app.configuration.formats.syntax import leaves
from migrations_app.configuration.formats.text import Text


class Layout:
    """Of one file, by its tree. Offsets are bytes; ends of lines are before their line end, LF or CRLF."""

    def __init__(self, text: Text, root: Node) -> None:
        self.text = text
        self.content = text.content
        self._tokens: list[Node] = []
        self.comments: list[Node] = []
        for leaf, _ in leaves(root):
            if leaf.type == "comment":
                self.comments.append(leaf)
            elif leaf.start_byte < leaf.end_byte:
                self._tokens.append(leaf)

    @property
    def newline(self) -> bytes:
        return b"\r\n" if b"\r\n" in self.content else b"\n"

    def line_start(self, at: int) -> int:
        return self.content.rfind(b"\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        found = self.content.find(b"\n", at)
        if found == -1:
            return len(self.content)
        return found - 1 if found > at and self.content[found - 1 : found] == b"\r" else found

    def next_line(self, at: int) -> int:
        found = self.content.find(b"\n", at)
        return len(self.content) if found == -1 else found + 1

    def indent(self, at: int) -> str:
        """The white space that the line of a place begins with."""
        start = self.line_start(at)
        line = self.content[start : self.line_end(at)]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def column(self, at: int) -> int:
        return self.text.span(at, at).column - 1

    def begins_line(self, at: int) -> bool:
        return not self.content[self.line_start(at) : at].strip()

    def before(self, at: int) -> Node | None:
        """The last token that ends at or before a place, comments aside."""
        return next((token for token in reversed(self._tokens) if token.end_byte <= at), None)

    def after(self, at: int) -> Node | None:
        return next((token for token in self._tokens if token.start_byte >= at), None)

    def comma_after(self, at: int) -> Node | None:
        token = self.after(at)
        return token if token is not None and token.type == "," else None

    def rest_is_comment(self, at: int) -> bool:
        """Nothing but white space and a comment stands between a place and the end of its line."""
        token = self.after(at)
        return token is None or token.start_byte >= self.line_end(at)

    def comment_lines_above(self, line_start: int) -> int:
        """Where the block of comment lines directly above a line begins; the line itself if there is none."""
        starts = {
            self.line_start(comment.start_byte) for comment in self.comments if self.begins_line(comment.start_byte)
        }
        while line_start and self.line_start(line_start - 1) in starts:
            line_start = self.line_start(line_start - 1)
        return line_start

    def blank(self, line_start: int) -> bool:
        return line_start < len(self.content) and not self.content[line_start : self.line_end(line_start)].strip()

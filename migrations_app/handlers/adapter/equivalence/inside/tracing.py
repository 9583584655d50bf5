"""Which lines and branches of some functions are reached, by their bytecode.

A branch is one way out of a conditional jump, or out of a loop's next step; the same source position counts once.
"""

import dis
import os
import sys
from types import CodeType, FrameType
from typing import Any

MOST_EVENTS = 300_000
_SILENT = frozenset({"RESUME", "RETURN_GENERATOR", "MAKE_CELL", "COPY_FREE_VARS", "NOP", "CACHE"})
_JUMPS = frozenset([*dis.hasjrel, *dis.hasjabs])
Position = tuple[Any, ...]


class Code:
    """`branches` maps the offset of a conditional jump to its position and the offset that follows it."""

    def __init__(self, code: CodeType, path: str) -> None:
        self.path = path
        self.lines: set[int] = set()
        self.line_at: dict[int, int] = {}
        self.branches: dict[int, tuple[Position, int]] = {}
        instructions = list(dis.get_instructions(code))
        lines = dict(dis.findlinestarts(code))
        line, suppresses = code.co_firstlineno, False
        for number, one in enumerate(instructions):
            line = lines.get(one.offset) or line
            if one.opname not in _SILENT:
                self.line_at[one.offset] = line
                self.lines.add(line)
            conditional = one.opcode in _JUMPS and ("IF" in one.opname or one.opname == "FOR_ITER")
            if conditional and not suppresses and number + 1 < len(instructions):
                position = tuple(getattr(one, "positions", None) or (line, one.offset))
                # Copies of a `finally` have one position and are one; all of a comprehension has one, and is not.
                which = one.offset if code.co_name.startswith("<") else int(one.opname == "FOR_ITER")
                self.branches[one.offset] = ((path, *position, which), instructions[number + 1].offset)
            # The way out of a `with` whose manager swallows an exception is nobody's branch.
            suppresses = one.opname == "WITH_EXCEPT_START" or (suppresses and one.opname in ("TO_BOOL", "CACHE"))
        if code.co_name != "<lambda>" and len(self.lines) > 1:
            self.lines.discard(code.co_firstlineno)


class Tracer:
    """Of functions by their path below `root` and their name (`Class.method`), with what is written inside of them."""

    def __init__(self, root: str, functions: list[tuple[str, str]]) -> None:
        self._codes: dict[tuple[str, int, str], Code] = {}
        self._lines: set[tuple[str, int]] = set()
        self._branches: set[Position] = set()
        self._events = 0
        for path in sorted({path for path, _ in functions}):
            names = {name for other, name in functions if other == path}
            where = os.path.join(root, path)
            for code in _codes(where, names):
                key = (os.path.realpath(where), code.co_firstlineno, code.co_name)
                self._codes[key] = Code(code, path)

        self._all_lines = {(one.path, line) for one in self._codes.values() for line in one.lines}
        self._all_branches = {
            (*position, way)
            for one in self._codes.values()
            for position, _ in one.branches.values()
            for way in (True, False)
        }

    def begin(self) -> None:
        """Nothing is traced any more, which is slow, once all was reached."""
        self._events = 0
        if not (self._all_lines <= self._lines and self._all_branches <= self._branches):
            sys.settrace(self._entered)

    def end(self) -> None:
        sys.settrace(None)

    def found(self) -> dict[str, Any]:
        """All there are and those reached: lines as [path, line], branches as [path, line, ..., whether it went on]."""
        return {
            "lines": sorted(self._all_lines),
            "lines_reached": sorted(self._all_lines & self._lines),
            "branches": sorted(self._all_branches, key=repr),
            "branches_reached": sorted(self._all_branches & self._branches, key=repr),
        }

    def _entered(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        found = self._codes.get((code.co_filename, code.co_firstlineno, code.co_name))
        if found is None:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        waiting: list[tuple[Position, int]] = []

        def stepped(frame: FrameType, event: str, _: Any) -> Any:
            if event == "opcode":
                self._events += 1
                if self._events > MOST_EVENTS:
                    sys.settrace(None)
                    return None
                offset = frame.f_lasti
                if waiting:
                    position, following = waiting.pop()
                    self._branches.add((*position, offset == following))
                if offset in found.line_at:
                    self._lines.add((found.path, found.line_at[offset]))
                if offset in found.branches:
                    waiting.append(found.branches[offset])
            elif event == "exception":
                waiting.clear()  # the condition itself raised: no way was taken
            return stepped

        return stepped


def _codes(path: str, names: set[str]) -> list[CodeType]:
    try:
        with open(path, "rb") as source:
            whole = compile(source.read(), path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []
    found: list[CodeType] = []
    waiting: list[tuple[str, CodeType, bool]] = [("", whole, False)]
    while waiting:
        prefix, code, inside = waiting.pop()
        for one in code.co_consts:
            if isinstance(one, CodeType):
                own = one.co_name.replace("<lambda>", "lambda")
                name = own if not prefix else f"{prefix}.{own}"
                within = inside or name in names or (own == "lambda" and f"{prefix.partition('.')[0]}.lambda" in names)
                if within:
                    found.append(one)
                waiting.append((name, one, within))
    return found

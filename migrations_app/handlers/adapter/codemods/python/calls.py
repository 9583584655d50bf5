"""Calls on an adapter as calls of the generic adapter's `execute_tool`, as edits that leave all else in its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

from migrations_app.configuration.edits import Edit
from migrations_app.handlers.adapter.codemods.python.dispatch import Dispatch
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.codemods.python.source import Source
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch
from migrations_app.handlers.adapter.facts import Lines

_KEPT = {"set_session_context": 1, "cleanup": 0}  # both adapters have them, with this many arguments
_EXECUTE = ("tool_name", "arguments", "context")


class Declined(Exception):
    """The place stays as it is."""

    def __init__(self, *refused: Refused) -> None:
        super().__init__(*refused)
        self.refused = refused


@dataclass(slots=True)
class Calls:
    """`patched`: something replaces the class or a method of it, here or for good elsewhere."""

    source: Source
    switch: Switch
    dispatch: Dispatch
    patched: bool

    def construction(self, call: cst.Call) -> set[Edit]:
        """`C()` becomes `GenericAdapter("/path")`. Raises Declined."""
        if call.args:
            raise self._declined(call, "constructed_with_arguments")
        if self.source.within(call, cst.FormattedStringExpression):
            raise self._declined(call, "in_f_string")
        self._plain(call.func)
        start, end = self.source.span(call.func)
        path = _quoted(self.switch.configuration_path)
        opening = self._opening(call)
        return {self.source.edit(start, end, self.switch.new_class), self.source.edit(opening, opening, path)}

    def method(self, attribute: cst.Attribute) -> tuple[set[Edit], Lines]:
        """`adapter.method(...)`. Raises Declined."""
        call, name = self.source.parent(attribute), attribute.attr.value
        if not isinstance(call, cst.Call) or call.func is not attribute:
            above = self.source.parent(call)
            patched = isinstance(call, cst.AssignTarget | cst.Del | cst.AugAssign | cst.AnnAssign) or isinstance(
                above, cst.Del
            )
            raise self._declined(attribute, "patched" if patched else "other_method")
        if self.source.within(call, cst.FormattedStringExpression):
            raise self._declined(call, "in_f_string")
        self._plain(attribute)
        if name in _KEPT:
            if len(call.args) != _KEPT[name] or any(one.star or one.keyword for one in call.args):
                raise self._declined(call, "wrong_arguments")
            return set(), self.source.lines(call)
        if isinstance(self.source.parent(call), cst.Await):
            raise self._declined(call, "awaits")
        if self.patched:
            raise self._declined(call, "patched", "Something replaces a method of the class, perhaps when this runs.")
        return self._way(name)(call, attribute), self.source.lines(call)

    def _way(self, name: str) -> Callable[[cst.Call, cst.Attribute], set[Edit]]:
        return {"execute_tool": self._execute_tool, "call_tool": self._call_tool}.get(name, self._direct)

    def _execute_tool(self, call: cst.Call, attribute: cst.Attribute) -> set[Edit]:
        if why := self.dispatch.why_not_named():
            raise self._declined(call, *why)
        if any(one.star for one in call.args):
            raise self._declined(call, "starred")
        given: dict[str, cst.Arg] = {}
        for at, one in enumerate(call.args):
            named = one.keyword.value if one.keyword else _EXECUTE[at] if at < len(_EXECUTE) else ""
            if named not in _EXECUTE or named in given:
                raise self._declined(call, "wrong_arguments")
            given[named] = one
        if "tool_name" not in given:
            raise self._declined(call, "wrong_arguments")
        return self._named(call, given["tool_name"])

    def _call_tool(self, call: cst.Call, attribute: cst.Attribute) -> set[Edit]:
        if not call.args or call.args[0].star or (call.args[0].keyword and call.args[0].keyword.value != "tool_name"):
            raise self._declined(call, "dynamic_name")
        first, rest = call.args[0], call.args[1:]
        edits = self._named(call, first)
        tool = str(_literal(first.value))
        if (why := self.dispatch.why_not_direct(tool)) or not self.dispatch.passes_call_tool():
            raise self._declined(call, *(why or ("dispatch_differs", "call_tool is not Snakepit's own here.")))
        if any(one.keyword is None and one.star != "**" for one in rest):
            raise self._declined(call, "wrong_arguments")
        edits.add(self.source.edit(*self.source.span(attribute.attr), "execute_tool"))
        if first.keyword is not None:
            edits.add(self.source.edit(self.source.span(first)[0], self._value_start(first), ""))
        if not rest:
            at = self.source.span(first)[1]
            return edits | {self.source.edit(at, at, ", {}")}
        return edits | self._mapping(call, rest, self.source.span(rest[0])[0], "{", ())

    def _direct(self, call: cst.Call, attribute: cst.Attribute) -> set[Edit]:
        tool = attribute.attr.value
        if tool not in self.switch.served:
            code = "not_served" if self.dispatch.why_not_direct(tool) is None else "other_method"
            raise self._declined(call, code)
        if why := self.dispatch.why_not_direct(tool):
            raise self._declined(call, *why)
        opening = self._opening(call)
        head = f"{_quoted(self.switch.name_of(tool))}, {{"
        edits = {self.source.edit(*self.source.span(attribute.attr), "execute_tool")}
        if not call.args:
            end = self.source.span(call)[1] - 1
            inner = {self.source.edit(opening, opening, head), self.source.edit(end, end, "}")}
            return edits | (inner if opening != end else {self.source.edit(opening, end, f"{head}}}")})
        return edits | self._mapping(call, call.args, opening, head, self.switch.parameters.get(tool, ()))

    def _named(self, call: cst.Call, argument: cst.Arg) -> set[Edit]:
        """The tool's name, under its new one."""
        tool = _literal(argument.value)
        if tool is None:
            raise self._declined(call, "dynamic_name")
        if tool not in self.switch.served:
            raise self._declined(call, "not_served")
        if tool not in self.switch.renamed:
            return set()
        quote = argument.value.quote if isinstance(argument.value, cst.SimpleString) else '"'
        written = _quoted(self.switch.renamed[tool], quote if quote in ("'", '"') else '"')
        return {self.source.edit(*self.source.span(argument.value), written)}

    def _mapping(
        self, call: cst.Call, given: Sequence[cst.Arg], at: int, head: str, names: tuple[str, ...]
    ) -> set[Edit]:
        """The arguments between braces, each with its name as a key."""
        if any(one.star for one in given) and (len(given) > 1 or given[0].star == "*"):
            raise self._declined(call, "starred")
        changes: dict[int, tuple[int, str]] = {at: (at, head)}

        def add(start: int, end: int, text: str) -> None:
            changes[start] = (end, changes.get(start, (start, ""))[1] + text)

        seen: set[str] = set()
        for position, one in enumerate(given):
            if one.star:
                continue
            if one.keyword is None and position >= len(names):
                raise self._declined(call, "wrong_arguments")
            name = one.keyword.value if one.keyword else names[position]
            if name in seen:
                raise self._declined(call, "wrong_arguments")
            seen.add(name)
            start, end = self.source.span(one)
            opens, closes = ("(", ")") if _needs_brackets(one.value) else ("", "")
            add(start, self._value_start(one), f"{_quoted(name)}: {opens}")
            if closes:
                add(end, end, closes)
        closing = self.source.span(call)[1] - 1
        add(closing, closing, "}")
        return {self.source.edit(start, end, text) for start, (end, text) in changes.items()}

    def _value_start(self, argument: cst.Arg) -> int:
        """Behind `name=`."""
        start = self.source.span(argument)[0]
        if argument.keyword is None or not isinstance(argument.equal, cst.AssignEqual):
            return start
        written = self.source.tree.code_for_node(argument.keyword) + self.source.tree.code_for_node(argument.equal)
        if "\n" in written or "#" in written or "\\" in written:
            raise self._declined(argument, "shape")
        return start + len(written.encode())

    def _opening(self, call: cst.Call) -> int:
        """Behind the opening bracket."""
        at = self.source.span(call.func)[1] + len(self.source.tree.code_for_node(call.whitespace_after_func).encode())
        if self.source.text[at : at + 1] != b"(":
            raise self._declined(call, "shape")
        return at + 1

    def _plain(self, node: cst.BaseExpression) -> None:
        if node.lpar:
            raise self._declined(node, "shape")

    def _declined(self, node: cst.CSTNode, code: str, message: str = "") -> Declined:
        return Declined(refusal(self.source.lines(node), code, message))


def _literal(node: cst.BaseExpression) -> str | None:
    if isinstance(node, cst.SimpleString) and not node.lpar:
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def _quoted(text: str, quote: str = '"') -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n").replace("\r", "\\r")
    return f"{quote}{escaped}{quote}"


def _needs_brackets(node: cst.BaseExpression) -> bool:
    """What an argument may be without brackets, and a value of a dict may not."""
    return isinstance(node, cst.GeneratorExp | cst.NamedExpr) and not node.lpar

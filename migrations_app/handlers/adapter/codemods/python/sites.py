"""Every place of a file that speaks of the adapter's class: what it becomes, or why it is left to a person."""

from dataclasses import dataclass, field

import libcst as cst
from libcst import metadata

from migrations_app.configuration.edits import Edit
from migrations_app.handlers.adapter.codemods.python.bindings import Binding, captures, dotted
from migrations_app.handlers.adapter.codemods.python.calls import Calls, Declined
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.codemods.python.source import Source
from migrations_app.handlers.adapter.codemods.switch import Refused
from migrations_app.handlers.adapter.facts import Lines

_TARGETS = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del)
_TYPES = frozenset({"isinstance", "issubclass"})
_REACHING = frozenset({"getattr", "hasattr", "setattr", "delattr", "vars", "dir"})
_PATCHING = frozenset({"setattr", "delattr", "object", "patch"})


@dataclass(slots=True)
class Judged:
    """`rewritten`: the uses that no longer name the class after the edits."""

    edits: set[Edit] = field(default_factory=set)
    lines: list[Lines] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rewritten: list[cst.CSTNode] = field(default_factory=list)


@dataclass(slots=True)
class Sites:
    """`shared` says whether other files may know a variable of this one."""

    source: Source
    calls: Calls
    shared: "Shared"
    _captured: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._captured = captures(self.source)

    def judge(self, binding: Binding) -> Judged:
        judged = Judged()
        for use in binding.uses:
            if binding.twice:
                judged.refused.append(refusal(self.source.lines(use), "bound_twice"))
                continue
            try:
                edits, lines = self._use(use)
            except Declined as declined:
                judged.refused += declined.refused
            else:
                judged.edits |= edits
                judged.lines += lines
                judged.rewritten.append(use)
        if binding.is_module:
            judged.refused += [
                refusal(self.source.lines(one), "getattr")
                for one in binding.others
                if isinstance(self.source.parent(one), cst.Arg)
            ]
        return judged

    def _use(self, use: cst.BaseExpression) -> tuple[set[Edit], list[Lines]]:
        """Raises Declined."""
        made = self.source.parent(use)
        if not isinstance(made, cst.Call) or made.func is not use:
            raise Declined(refusal(self.source.lines(use), self.why_no_call(use)))
        construction = self.calls.construction(made)
        outer = self.source.parent(made)
        if isinstance(outer, cst.Attribute) and outer.value is made:
            edits, lines = self.calls.method(outer)
            return construction | edits, [self.source.lines(made), lines]
        if isinstance(outer, cst.Assign) and outer.value is made and len(outer.targets) == 1:
            target = outer.targets[0].target
            if isinstance(target, cst.Name):
                return self._variable(made, target, construction)
        raise Declined(refusal(self.source.lines(made), "instance_passed"))

    def _variable(self, made: cst.Call, target: cst.Name, construction: set[Edit]) -> tuple[set[Edit], list[Lines]]:
        """`adapter = C()`: all of its uses, or none."""
        scope = self.source.scopes.get(made)
        name, place = target.value, self.source.lines(made)
        if scope is None or isinstance(scope, metadata.ClassScope):
            raise Declined(refusal(place, "instance_passed"))
        if isinstance(scope, metadata.GlobalScope) and self.shared.knows(self.source.path, name):
            raise Declined(refusal(place, "variable_shared"))
        assignments = list(scope.assignments[name])
        if len(assignments) != 1 or name in self._captured:
            raise Declined(refusal(place, "bound_twice"))
        edits, lines = set(construction), [place]
        refused: list[Refused] = []
        for access in assignments[0].references:
            used = self.source.parent(access.node)
            if isinstance(used, cst.Attribute) and used.value is access.node:
                try:
                    more, where = self.calls.method(used)
                except Declined as declined:
                    refused += declined.refused
                else:
                    edits |= more
                    lines.append(where)
            else:
                refused.append(refusal(self.source.lines(access.node), "instance_passed"))
        if refused:
            first = min(refused)
            message = f"The adapter that is made here is used in line {first.lines.first} in a way that stays."
            raise Declined(refusal(place, "instance_kept", message, "Change both places together."), *refused)
        return edits, lines

    def patches(self, binding: Binding) -> tuple[bool, bool]:
        """Whether the class is replaced here, or something of it; and whether that lasts when this has run."""
        found = [use for use in binding.uses if self.why_no_call(use) == "patched"]
        lasts = [use for use in found if not self.source.within(use, cst.Arg) or _is_setattr(self.source, use)]
        return bool(found), bool(lasts)

    def why_no_call(self, use: cst.BaseExpression) -> str:
        parent = self.source.parent(use)
        above = self.source.parent(parent)
        if isinstance(use, cst.SimpleString) or self.source.within(use, cst.Annotation):
            return "annotation"
        if isinstance(parent, _TARGETS) or (isinstance(parent, cst.Attribute) and isinstance(above, _TARGETS)):
            return "patched"
        if isinstance(parent, cst.Attribute):
            return "class_attribute"
        if isinstance(parent, cst.Arg) and isinstance(above, cst.ClassDef):
            return "subclass"
        if isinstance(parent, cst.Arg | cst.Element):
            while isinstance(above, cst.Tuple | cst.List | cst.Arg):
                above = self.source.parent(above)
            called = dotted(above.func) if isinstance(above, cst.Call) else ""
            last = called.rpartition(".")[2]
            if last in _TYPES:
                return "isinstance"
            if last in _PATCHING or called == "setattr":
                return "patched"
            if last in _REACHING:
                return "getattr"
        return "class_passed"


def _is_setattr(source: Source, use: cst.BaseExpression) -> bool:
    call = source.parent(source.parent(use))
    return isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value in ("setattr", "delattr")


@dataclass(frozen=True, slots=True)
class Shared:
    """Whether a variable of a module may be used elsewhere: another file has both words."""

    files: dict[str, bytes]

    def knows(self, path: str, name: str) -> bool:
        stem = path.removesuffix("/__init__.py").rpartition("/")[2].removesuffix(".py").encode()
        return any(
            stem in content and name.encode() in content for other, content in self.files.items() if other != path
        )

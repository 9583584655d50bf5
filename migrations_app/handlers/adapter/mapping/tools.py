"""One tool: from where Snakepit enters the adapter to an entry of the generic adapter, or to the reasons against it."""

import ast
import json
import sys
from collections.abc import Mapping as Table
from typing import Any

from migrations_app.handlers.adapter.facts import (
    Body,
    Confidence,
    Effect,
    EffectKind,
    Form,
    Found,
    Lines,
    Mapping,
    Reason,
    Verdict,
)
from migrations_app.handlers.adapter.generic.configuration import parse
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused
from migrations_app.handlers.adapter.mapping.bodies import Bodies
from migrations_app.handlers.adapter.mapping.expressions import PURE
from migrations_app.handlers.adapter.mapping.reasons import GUIDANCE, Unproven, structural
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import Adapter, Arguments, Known, Own, Recipe, Session, Symbol
from migrations_app.handlers.adapter.project.adapters import Candidate
from migrations_app.handlers.adapter.project.module import Function, Module
from migrations_app.handlers.adapter.project.names import Class, Method, Project
from migrations_app.handlers.adapter.project.quiet import lifecycle, loud_at_import, loud_in_setup

_DYNAMIC = ("__getattr__", "__getattribute__", "__init_subclass__", "__class_getitem__", "__new__")


def map_tool(
    project: Project,
    found: Class,
    form: Form,
    candidate: Candidate,
    reached: list[Method],
    effects: tuple[Effect, ...],
    distributions: Table[str, str | None],
) -> Mapping:
    """`distributions` maps a top-level module of others to its distribution, where that is known."""
    reasons: list[Reason] = []
    recipe = Recipe()
    bodies = Bodies(project, found, recipe)
    entry: dict[str, Any] | None = None
    try:
        entry = _entry(bodies, form, candidate)
    except Unproven as unproven:
        reasons.append(unproven.reason)
    except RecursionError:
        reasons.append(
            Reason("too_deep", "It is nested deeper than it can be read.", candidate.lines, GUIDANCE["too_deep"])
        )
    reasons += _of_class(project, found)
    used = [
        *reached,
        *bodies.frames,
        *(Method(one.module, one, method) for one in project.lineage(found) for method in one.own()),
    ]
    reasons += _of_imports(project, {method.module.path: method.module for method in used})
    if entry is None:
        reasons += structural(reached)
        reasons += _of_effects(effects)
    if entry is not None and not reasons and (problem := _refused(entry, recipe)):
        reasons.append(Reason("expression", problem, candidate.lines, GUIDANCE["expression"]))
    if entry is None or reasons:
        return Mapping(Verdict.MANUAL, Body.CUSTOM, Confidence.NONE, reasons=_each_once(reasons))
    body = _body(recipe)
    evidence = [
        *_evidence(recipe, body, bodies.frames),
        *(f"{one.kind.value}: {one.what} at {one.lines}" for one in effects[:5]),
    ]
    assumed = [*recipe.assumed, *_unknown(recipe, distributions)]
    confidence = Confidence.MEDIUM if assumed else Confidence.HIGH
    return Mapping(Verdict.AUTOMATIC, body, confidence, (*evidence, *assumed), (), entry, allow_of(recipe))


def _entry(bodies: Bodies, form: Form, candidate: Candidate) -> dict[str, Any]:
    """Raises Unproven."""
    recipe = bodies.recipe
    symbol, node, frame = _entered(bodies, form, candidate)
    result = bodies.result(symbol, node, frame)
    entry: dict[str, Any] = {"name": candidate.name}
    if candidate.description:
        entry["description"] = candidate.description
    entry["mode"] = recipe.mode or "mapping"
    if recipe.arguments:
        entry["arguments"] = recipe.arguments
    if recipe.more:
        entry["more"] = True
    if recipe.steps:
        entry["steps"] = recipe.steps
    entry["result"] = result
    return entry


def _entered(bodies: Bodies, form: Form, candidate: Candidate) -> tuple[Symbol, ast.AST, Frame]:
    """As Snakepit does it: execute_tool(tool_name, arguments, context), or process_command(command, args)."""
    entry = "process_command" if form is Form.COMMANDS else "execute_tool"
    method = bodies.project.method(bodies.found, entry)
    if method is None or not isinstance(method.node, Function):
        if candidate.method is None or candidate.found is Found.HANDLER:
            message = "What is called under this name is no function of the project."
            raise Unproven("dispatch", message, candidate.lines)
        bound = isinstance(candidate.method.node, Function) and candidate.method.owner is not None
        function = Own(candidate.method, bound=bound, env=None if bound else {"self": Adapter()})
        frame = Frame(candidate.method, {"arguments": Arguments()})
        spread = [] if form is Form.COMMANDS else [ast.keyword(None, ast.Name("arguments", ast.Load()))]
        whole: list[ast.expr] = [ast.Name("arguments", ast.Load())] if form is Form.COMMANDS else []
        call = ast.copy_location(ast.Call(ast.Name("tool", ast.Load()), whole, spread), candidate.method.node)
        return bodies.own_call(function, call, frame), candidate.method.node, frame
    names = [one.arg for one in method.node.args.args]
    given: list[Symbol] = [Known(candidate.name), Arguments(), Session()]
    asked = ["command", "args"] if form is Form.COMMANDS else ["tool_name", "arguments", "context"]
    if (form is Form.COMMANDS and len(names) != 3) or (form is not Form.COMMANDS and names[1:] != asked):
        message = f"{entry} has other parameters than Snakepit hands over ({', '.join(asked)})."
        raise Unproven("dispatch", message, method.module.place(method.node))
    own = Own(method, bound=True)
    env = dict(zip(names, [Adapter(), *given], strict=False))
    return bodies.run(own.method, env), method.node, Frame(method)


def _of_class(project: Project, found: Class) -> list[Reason]:
    """What a base, decorator, special method or set-up of the class may change about every tool."""
    said: list[tuple[str, str, Lines]] = []
    lineage = project.lineage(found)
    place = found.module.place(found.node)
    said += [("class", f"The base {base} is not in the project.", place) for base in project.foreign_bases(found)]
    for one in lineage:
        if one.name in project.replaced:
            said.append(("patched", f"The project sets attributes of {one.name}.", one.module.place(one.node)))
        if one.node.decorator_list or one.node.keywords:
            said.append(("class", f"The class {one.name} has a decorator or a metaclass.", one.module.place(one.node)))
        for method in one.own():
            place = one.module.place(method)
            if method.name in _DYNAMIC:
                said.append(("class", f"{one.name} defines {method.name}.", place))
            elif lifecycle(method.name):
                loud = [two for two in loud_in_setup(method.body) if not _only_makes(project, found, method, two)]
                said += [
                    ("setup", f"{one.name}.{method.name} does more than store.", one.module.place(two)) for two in loud
                ]
    return [Reason(code, message, lines, GUIDANCE[code]) for code, message, lines in said]


def _only_makes(project: Project, found: Class, method: Function, statement: ast.stmt) -> bool:
    constructor = project.method(found, "__init__")
    if constructor is None or constructor.node is not method or statement not in method.body:
        return False
    return Bodies(project, found, Recipe()).only_makes(statement)


def _of_imports(project: Project, modules: dict[str, Module]) -> list[Reason]:
    """Code that runs when these modules, or those of the project that they import, are imported."""
    waiting = list(modules.values())
    seen: dict[str, Module] = {}
    reasons = []
    while waiting and len(seen) < 300:
        module = waiting.pop()
        if module.path in seen:
            continue
        seen[module.path] = module
        if module.path not in project.loud:
            project.loud[module.path] = list(loud_at_import(module.tree.body))
        for statement in project.loud[module.path]:
            message = f"{module.path} runs code when it is imported."
            reasons.append(Reason("import_time", message, module.place(statement), GUIDANCE["import_time"]))
        for one in module.imports:
            for name in (f"{one.module}.{one.name}".strip("."), one.module):
                there = project.module(name, seen_from=module, level=one.level)
                if there is not None and "snakepit_bridge" not in there.path:
                    waiting.append(there)
    return sorted(reasons, key=lambda reason: reason.lines)[:20]


def _of_effects(effects: tuple[Effect, ...]) -> list[Reason]:
    codes = {EffectKind.SESSION: "session", EffectKind.ELIXIR: "elixir", EffectKind.STATE: "state"}
    words = {"session": "It uses the session", "elixir": "It calls back into Elixir", "state": "It writes state"}
    return [
        Reason(codes[one.kind], f"{words[codes[one.kind]]}: {one.what}.", one.lines, GUIDANCE[codes[one.kind]])
        for one in effects
        if one.kind in codes
    ]


def _refused(entry: dict[str, Any], recipe: Recipe) -> str:
    """What the generic adapter itself says against the entry."""
    try:
        document = {"format": 1, "allow": allow_of(recipe), "tools": [entry]}
        parse(json.loads(json.dumps(document)))
    except ConfigurationRefused as refused:
        return refused.problems[0]
    return ""


def allow_of(recipe: Recipe) -> dict[str, list[str]]:
    kinds = {"functions": recipe.functions, "methods": recipe.methods, "attributes": recipe.attributes}
    return {kind: sorted(names) for kind, names in kinds.items() if names}


def _body(recipe: Recipe) -> Body:
    calls = [step for step in recipe.steps if "method" in step or not str(step.get("call", PURE[0])).startswith(PURE)]
    if not calls:
        return Body.EXPRESSION
    return Body.LIBRARY_CALL if len(calls) == 1 and "call" in calls[0] else Body.CHAIN


def _evidence(recipe: Recipe, body: Body, frames: list[Method]) -> list[str]:
    places = dict.fromkeys(str(method.module.place(method.node)) for method in frames)
    calls = [
        str(step.get("call") or f".{step['method']}") for step in recipe.steps if "call" in step or "method" in step
    ]
    called = f" Calls in their order: {', '.join(calls)}." if calls else ""
    words = {
        Body.LIBRARY_CALL: "One call of a library",
        Body.CHAIN: "A chain of calls",
        Body.EXPRESSION: "An expression that only computes",
    }[body]
    return [f"{words}. Read statement by statement at {', '.join(places)}; no branch, loop or state is left.{called}"]


def _unknown(recipe: Recipe, distributions: Table[str, str | None]) -> list[str]:
    heads = sorted({path.partition(".")[0] for path in recipe.functions})
    return [
        f"Nothing says which distribution brings {head}; that it is there, and is the library meant, is assumed."
        for head in heads
        if head not in sys.stdlib_module_names and not distributions.get(head)
    ]


def _each_once(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(dict.fromkeys(reasons), key=lambda one: (one.lines, one.code, one.message)))[:40]

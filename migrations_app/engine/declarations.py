"""Whether what a handler says of itself can be used: asked of every custom type before it is let in."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import HANDLER_API, Action, Handler, TargetRole
from migrations_app.engine.options import OPTION_FIELDS
from migrations_app.engine.parameters import Field, FieldKind, parse
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.engine.vocabulary import MigrationType, TargetKind

NAME = re.compile(r"[a-z][a-z0-9_]{1,58}[a-z0-9]")
VERSION = re.compile(r"\d+(\.\d+){0,2}([-+][0-9A-Za-z.-]{1,20})?")
_COMPATIBLE = re.compile(rf"{VERSION.pattern}|\d+(\.\d+)?\.\*")
LONGEST_VERSION = 40


def problems_of(handler: Handler) -> list[str]:
    """Every reason why this handler cannot be used, as sentences for its author; empty: it can.

    Runs nothing of it but `actions()`. A handler whose attributes are of other types than `Handler` declares may make
    this raise anything.
    """
    if handler.api_version != HANDLER_API:  # what follows would judge it by the wrong rules
        return [f"It is made for handler API {handler.api_version}; this Snakeweb has {HANDLER_API}."]
    found: list[str] = []
    for each in (_names, _roles, _parameters, _options, _templates, _actions):
        found += each(handler)
    return found


def _names(handler: Handler) -> Iterator[str]:
    if not NAME.fullmatch(handler.name):
        yield f"Its name “{handler.name[:60]}” is not 3 to 60 small letters, digits and “_”, beginning with a letter."
    if not VERSION.fullmatch(handler.version) or len(handler.version) > LONGEST_VERSION:
        yield f"Its version “{handler.version[:60]}” is not one like 1.4.2."
    if isinstance(handler.compatible_versions, str):
        yield "Its compatible_versions are one text; declare a tuple of versions."
    else:
        for known in handler.compatible_versions:
            if not _COMPATIBLE.fullmatch(known):
                yield f"Its compatible version “{known[:60]}” is neither one like 1.4.2 nor one like 1.4.*."
    if not isinstance(handler.type, MigrationType):
        yield f"Its type “{handler.type}” is not one of {', '.join(MigrationType)}."
    for name, text in (("label", handler.label), ("summary", handler.summary)):
        if not text.strip():
            yield f"Its {name} is empty."


def _roles(handler: Handler) -> Iterator[str]:
    yield from _named("role", handler.roles, TargetRole)
    if not handler.roles:
        yield "It has no target role, so nothing could be claimed or signed for."
    for role in handler.roles:
        if not role.kinds or not all(isinstance(kind, TargetKind) for kind in role.kinds):
            yield f"Its role “{role.name}” takes no known kind of target; use some of {', '.join(TargetKind)}."


def _parameters(handler: Handler) -> Iterator[str]:
    yield from _named("parameter", handler.parameters, Field)
    for declared in handler.parameters:
        if declared.kind is FieldKind.CHOICE and not declared.choices:
            yield f"Its parameter “{declared.name}” is a choice without choices."
        if declared.kind is FieldKind.SECRET and declared.default is not None:
            yield f"Its parameter “{declared.name}” has a default; each environment has secrets of its own."
        elif declared.default not in (None, ""):
            _, wrong = parse([declared], {declared.name: declared.default}, path="")
            for problem in wrong:
                yield f"The default of its parameter “{declared.name}” is refused by its own limits: {problem.message}"


def _options(handler: Handler) -> Iterator[str]:
    known = {declared.name for declared in OPTION_FIELDS}
    for name in sorted(handler.unused_options - known):
        yield f"Its unused option “{name}” is no option."
    if not all(callable(rule) for rule in handler.risk_rules):
        yield "One of its risk rules cannot be called."


def _templates(handler: Handler) -> Iterator[str]:
    yield from _named("template", handler.templates, PlanTemplate)
    for template in handler.templates:
        for fields, values, what in (
            (handler.parameters, template.parameters, "parameters"),
            (OPTION_FIELDS, template.options, "options"),
        ):
            chosen = [declared for declared in fields if declared.name in values]
            _, wrong = parse(chosen, values, path=what)
            for problem in wrong:
                yield f"Its template “{template.name}” gives what the {what} refuse: {problem.message}"


def _actions(handler: Handler) -> Iterator[str]:
    actions: Mapping[str, Any] = handler.actions()
    if not actions:
        yield "It has no actions."
    for name, action in actions.items():
        if not isinstance(action, Action):
            yield f"Its action “{name}” is no Action; give an instance of a class that inherits from it."


def _named(what: str, declared: Sequence[Any], kind: Callable[..., Any]) -> Iterator[str]:
    names: Collection[str] = [each.name for each in declared]
    for each in declared:
        if type(each) is not kind:
            yield f"Its {what} “{each.name}” is no {getattr(kind, '__name__', kind)}."
        elif what != "template" and not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", each.name):
            yield f"The name of its {what} “{each.name[:60]}” is not small letters, digits and “_”."
    for name in sorted({name for name in names if list(names).count(name) > 1}):
        yield f"It has more than one {what} “{name}”."

"""Every migration type that this installation knows, by handler name: the built-in ones, and those that others ship.

A package ships a type as an entry point of the group `snakeweb.handlers`, an installation may name further ones in
`SNAKEWEB_MIGRATION["custom_handlers"]`; both are `name = class`. They are looked for once a process, when Django has
started, so web, workers and commands know the same. One that cannot be used is refused with its reason and changes
nothing for the others.
"""

import importlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from migrations_app.engine.declarations import problems_of
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.handler import HANDLER_API, Handler
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.adapter.handler import AdapterMigration
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.handlers.data.handler import DataMigration
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.handlers.upgrade.handler import VersionUpgrade

BUILT_IN: tuple[type[Handler], ...] = (
    SessionMigration,
    ConfigMigration,
    AdapterMigration,
    VersionUpgrade,
    DataMigration,
)
GROUP = "snakeweb.handlers"
SETTING = 'SNAKEWEB_MIGRATION["custom_handlers"]'
_LONGEST_REASON = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """A custom type that is not let in. `origin` is where it came from, `reason` sentences for whoever can mend it."""

    name: str
    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Custom:
    """The custom types of this process by name, and what was refused. `origins`: where each came from."""

    handlers: Mapping[str, type[Handler]] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    origin: str
    load: Callable[[], Any]


class _Unusable(Exception):
    """Why a candidate cannot be let in."""


_custom = Custom()


def built_in() -> Mapping[str, Handler]:
    return {handler.name: handler() for handler in BUILT_IN if handler.api_version == HANDLER_API}


def all_handlers() -> Mapping[str, Handler]:
    """New instances each time: nothing of one use is left in the next."""
    return {**built_in(), **{name: kind() for name, kind in _custom.handlers.items()}}


def get(name: str) -> Handler:
    """Raises ValidationFailed (field `spec.handler`) for a name that nobody registered."""
    handlers = all_handlers()
    if name not in handlers:
        raise ValidationFailed(
            problems=[
                Problem(
                    "spec.handler",
                    f"There is no migration handler “{name}”.",
                    f"Use one of: {', '.join(sorted(handlers))}.",
                    "unknown_handler",
                )
            ]
        )
    return handlers[name]


def custom() -> Custom:
    """What `load` found."""
    return _custom


def load(dotted: Mapping[str, str]) -> Custom:
    """Look for custom types and let them in; `dotted` maps names to dotted paths, as in the settings.

    Raises nothing for a handler that cannot be used: that one is refused, and logged.
    """
    let_in(look(dotted))
    for refused in _custom.refused:
        logger.error("the migration type “%s” of %s is not used: %s", refused.name, refused.origin, refused.reason)
    return _custom


def let_in(found: Custom) -> None:
    """From here on these are the custom types of this process."""
    global _custom
    _custom = found


def look(dotted: Mapping[str, str]) -> Custom:
    """What is installed and what the settings name, without letting it in.

    A name that two different classes want belongs to none of them: which one ran would depend on the order of a
    directory. The same class from both places is one type.
    """
    usable: dict[str, dict[type[Handler], list[str]]] = defaultdict(lambda: defaultdict(list))
    refused = []
    for candidate in [*_installed(), *_named_in_settings(dotted)]:
        try:
            usable[candidate.name][_usable(candidate)].append(candidate.origin)
        except _Unusable as reason:
            refused.append(Refused(candidate.name, candidate.origin, str(reason)[:_LONGEST_REASON]))
    handlers, origins = {}, {}
    for name, classes in usable.items():
        if len(classes) == 1:
            ((handlers[name], places),) = classes.items()
            origins[name] = " and ".join(places)
            continue
        everywhere = [origin for places in classes.values() for origin in places]
        said = f"More than one is called “{name}”: {', '.join(everywhere)}. Uninstall or rename all but one."
        refused += [Refused(name, origin, said) for origin in everywhere]
    return Custom(handlers, origins, tuple(refused))


def _installed() -> Iterator[_Candidate]:
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        yield _Candidate(point.name, _origin(point), point.load)


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _named_in_settings(dotted: Mapping[str, str]) -> Iterator[_Candidate]:
    for name, path in dotted.items():
        yield _Candidate(str(name), SETTING, partial(_imported, path))


def _imported(path: Any) -> Any:
    module, _, attribute = str(path).replace(":", ".").rpartition(".")
    if not module or not attribute:
        raise _Unusable(f"“{str(path)[:120]}” is no dotted path like “my_package.handler.MyMigration”.")
    return getattr(importlib.import_module(module), attribute)


def _usable(candidate: _Candidate) -> type[Handler]:
    """The class, if it can be used. Code of others runs here, so whatever it raises is a reason to refuse it."""
    try:
        kind = candidate.load()
        if not isinstance(kind, type) or not issubclass(kind, Handler):
            raise _Unusable(f"It is no class that inherits from Handler, but {kind!r:.120}.")
        handler = kind()
        problems = [*_as_custom(candidate.name, handler), *problems_of(handler)]
    except _Unusable:
        raise
    except (Exception, SystemExit) as error:
        raise _Unusable(f"It cannot be loaded: {type(error).__name__}: {error}") from error
    if problems:
        raise _Unusable(" ".join(problems))
    return kind


def _as_custom(name: str, handler: Handler) -> Iterator[str]:
    if name in {kind.name for kind in BUILT_IN}:
        yield f"“{name}” is a built-in type; choose another name."
    elif handler.name != name:
        yield f"It is registered as “{name}” and calls itself “{handler.name}”; use one name for both."
    if handler.type is not MigrationType.CUSTOM:
        yield f"Its type is “{handler.type}”; a type that others ship is MigrationType.CUSTOM."

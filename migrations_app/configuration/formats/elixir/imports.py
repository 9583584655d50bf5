"""Which files an `import_config` names, for which environments."""

import posixpath
from dataclasses import dataclass

from tree_sitter import Node

from migrations_app.configuration.document import Condition
from migrations_app.configuration.formats.elixir.scope import Scope, arguments, is_environment
from migrations_app.configuration.formats.elixir.strings import plain, unescaped
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.problems import ConfigProblem, Severity


@dataclass(frozen=True, slots=True)
class Imported:
    """`environment`: the one whose file this is; None for a file that every environment reads."""

    path: str
    environment: str | None


def imported(text: Text, call: Node, scope: Scope, environments: frozenset[str]) -> tuple[Imported, ...] | None:
    """The files in the order of their environments; None where only the running system knows."""
    given = arguments(call)
    if len(given) != 1 or given[0].type != "string":
        return None
    literal = plain(text, given[0])
    if literal is not None:
        return (Imported(_beside(text.path, literal), None),)
    named = [(one, _for_environment(text, given[0], scope, one)) for one in sorted(environments)]
    if any(path is None for _, path in named):
        return None
    return tuple(Imported(_beside(text.path, path), one) for one, path in named if path is not None)


def leaves_root(path: str) -> bool:
    return path.startswith(("../", "/")) or path == ".."


def _beside(path: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def _for_environment(text: Text, node: Node, scope: Scope, environment: str) -> str | None:
    parts: list[str] = []
    for child in node.named_children:
        if child.type == "interpolation":
            inner = child.named_children
            if len(inner) != 1 or not is_environment(text, inner[0], scope):
                return None
            parts.append(environment)
        else:
            parts.append(unescaped(text.of(child)) or "")
    return "".join(parts)


def missing(
    text: Text, call: Node, paths: list[str], environments: list[str], conditions: tuple[Condition, ...]
) -> ConfigProblem:
    """A notice where the import stands under a condition (`if File.exists?(…)`), an error where all is missing."""
    names = " and ".join([", ".join(paths[:-1]), paths[-1]] if len(paths) > 1 else paths)
    there = "are" if len(paths) > 1 else "is"
    if any(condition.environments is None for condition in conditions):
        severity, effect = Severity.NOTICE, "Whether it is imported is decided at run time."
    elif environments:
        severity = Severity.WARNING
        effect = f"With {' or '.join(environments)} as environment this configuration cannot be read."
    else:
        severity, effect = Severity.ERROR, "Elixir cannot read this configuration."
    return problem(
        "import-missing",
        severity,
        text,
        call,
        f"{names} {there} imported here and missing. {effect}",
        "Give the file together with this one, or remove the import.",
    )


def outside(text: Text, call: Node, path: str) -> ConfigProblem:
    return problem(
        "import-outside",
        Severity.ERROR,
        text,
        call,
        f"{path} stands outside of this configuration's directory. It was not read.",
        "Give the configuration from a directory that holds all of its files.",
    )


def circular(text: Text, call: Node, path: str) -> ConfigProblem:
    return problem(
        "import-circular",
        Severity.ERROR,
        text,
        call,
        f"{path} is imported here while it is being read: Elixir refuses such a circle. It was not read again.",
        "Remove one of the imports.",
    )


def undecidable(text: Text, call: Node) -> ConfigProblem:
    return problem(
        "import-at-run-time",
        Severity.WARNING,
        text,
        call,
        "Which file this imports is decided at run time. Its keys are not looked at and stay as they are.",
        "Give that file as a configuration of its own.",
    )


def problem(code: str, severity: Severity, text: Text, call: Node, message: str, suggestion: str) -> ConfigProblem:
    return ConfigProblem(code, severity, "", message, suggestion, text.at(call))

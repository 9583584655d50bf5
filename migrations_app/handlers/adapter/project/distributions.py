"""Which distribution brings each module of others that the project imports."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from migrations_app.handlers.adapter.facts import Distribution, Lines
from migrations_app.handlers.adapter.project.module import Module
from migrations_app.handlers.adapter.project.names import Project

# Import names that no rule leads from to the distribution's; of what adapters commonly use.
_OTHERWISE_NAMED: Mapping[str, str] = {
    "cv2": "opencv-python",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "grpc": "grpcio",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "dspy": "dspy",
    "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv",
}
_SNAKEPIT = ("snakepit_bridge", "snakepit_bridge_pb2", "snakepit_bridge_pb2_grpc")


def distributions(
    project: Project, requirements: Mapping[str, bytes], installed: Mapping[str, Sequence[str]]
) -> tuple[Distribution, ...]:
    """`installed` is what importlib.metadata.packages_distributions() says; Snakepit's own modules are left out."""
    asked: dict[str, tuple[str, str]] = {
        canonicalize_name(one.name): (str(one), path) for path, one in _requirements(requirements)
    }
    found: dict[str, Distribution] = {}
    for _, module in sorted(project.modules.items()):
        for name, lines in _foreign(project, module):
            top = next(
                (known for known in _OTHERWISE_NAMED if name == known or name.startswith(f"{known}.")),
                name.partition(".")[0],
            )
            if top not in found:
                found[top] = _one(top, lines, asked, installed)
    return tuple(found[name] for name in sorted(found))


def _one(
    top: str, lines: Lines, asked: Mapping[str, tuple[str, str]], installed: Mapping[str, Sequence[str]]
) -> Distribution:
    names = [*installed.get(top, ()), _OTHERWISE_NAMED.get(top, ""), top]
    for name in filter(None, names):
        if wanted := asked.get(canonicalize_name(name)):
            return Distribution(top, canonicalize_name(name), wanted[0], wanted[1], lines)
    if installed.get(top):
        return Distribution(top, canonicalize_name(installed[top][0]), None, "installed", lines)
    if top in _OTHERWISE_NAMED:
        return Distribution(top, _OTHERWISE_NAMED[top], None, "known name", lines)
    return Distribution(top, None, None, "unknown", lines)


def _foreign(project: Project, module: Module) -> Iterator[tuple[str, Lines]]:
    for one in module.imports:
        head = one.module.partition(".")[0]
        own = one.level or head in sys.stdlib_module_names or head in _SNAKEPIT
        if not own and not project.is_own(one.module, seen_from=module):
            yield (
                (f"{one.module}.{one.name}" if one.name and "." not in one.module else one.module),
                module.place(one.node),
            )


def _requirements(files: Mapping[str, bytes]) -> Iterator[tuple[str, Requirement]]:
    for path, content in sorted(files.items()):
        text = content.decode(errors="replace")
        lines = _of_pyproject(text) if path.endswith(".toml") else text.splitlines()
        for line in lines:
            try:
                yield path, Requirement(re.split(r"\s#|\s--", line)[0].strip())
            except InvalidRequirement:
                continue


def _of_pyproject(text: str) -> list[str]:
    """Dependencies and optional ones; a document that is no TOML has none."""
    try:
        project = tomllib.loads(text).get("project", {})
        listed = [
            *project.get("dependencies", []),
            *(one for more in project.get("optional-dependencies", {}).values() for one in more),
        ]
    except (tomllib.TOMLDecodeError, AttributeError, TypeError, RecursionError):
        return []
    return [one for one in listed if isinstance(one, str)]

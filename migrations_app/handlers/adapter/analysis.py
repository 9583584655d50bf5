"""A directory of Python adapters: what is in it, and which of its tools the generic adapter can take over.

Nothing of it is imported or run. The same content gives the same answer.
"""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache as cache_of_process
from importlib import metadata
from pathlib import Path
from typing import Final

from migrations_app.handlers.adapter.cache import AnalysisCache
from migrations_app.handlers.adapter.document import from_document, to_document
from migrations_app.handlers.adapter.facts import Adapter, Analysis, Finding, Form, Lines, Tool
from migrations_app.handlers.adapter.mapping.tools import map_tool
from migrations_app.handlers.adapter.project.adapters import Candidate, candidates, classes, form_of
from migrations_app.handlers.adapter.project.distributions import distributions
from migrations_app.handlers.adapter.project.documentation import documentation, examples, parameters
from migrations_app.handlers.adapter.project.module import Function, Module, parse
from migrations_app.handlers.adapter.project.names import Class, Project
from migrations_app.handlers.adapter.project.quiet import is_generator, loud_at_import
from migrations_app.handlers.adapter.project.reach import Reach, complexity
from migrations_app.handlers.project.reading import Limits, ProjectFiles, read_directory

FORMAT: Final = 2  # of the document; a new one for every change of what the analysis says, as caches go by it


def analyze(
    root: Path,
    *,
    cache: AnalysisCache | None = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    installed: Mapping[str, Sequence[str]] | None = None,
) -> Analysis:
    """`installed` maps modules to distributions; by default those of this interpreter. Raises FileUnusable."""
    files = read_directory(root, reads, limits)
    there = _installed() if installed is None else installed
    digest = _digest(files, there)
    kept = cache.get(digest) if cache else None
    if kept is not None:
        try:
            return from_document(Analysis, json.loads(kept))
        except (ValueError, KeyError, TypeError):
            pass  # cut off or of another program: done anew and put over it
    analysis = _analysis(files, there, digest)
    if cache:
        cache.put(digest, json.dumps(to_document(analysis)).encode())
    return analysis


@cache_of_process
def _installed() -> Mapping[str, Sequence[str]]:
    """Reads every installed distribution, which takes a second."""
    return metadata.packages_distributions()


def reads(path: str) -> bool:
    """Whether the analysis looks into a file of this name."""
    name = path.rpartition("/")[2]
    return (
        name.endswith(".py") or name == "pyproject.toml" or (name.startswith("requirements") and name.endswith(".txt"))
    )


def _digest(files: ProjectFiles, installed: Mapping[str, Sequence[str]]) -> str:
    known = repr(sorted((name, sorted(set(brought))) for name, brought in installed.items()))
    return hashlib.sha256(f"{FORMAT}\n{files.digest}\n{known}".encode()).hexdigest()


def _analysis(files: ProjectFiles, installed: Mapping[str, Sequence[str]], digest: str) -> Analysis:
    modules: dict[str, Module] = {}
    findings = [
        Finding(one.code, one.why, "What it holds is not part of this analysis.", Lines(one.path, 1, 1))
        for one in files.left_out
    ]
    python = {path: content for path, content in files.files.items() if path.endswith(".py")}
    requirements = {path: content for path, content in files.files.items() if path not in python}
    for path, content in python.items():
        parsed = parse(path, content)
        if isinstance(parsed, Finding):
            findings.append(parsed)
        else:
            modules[path] = parsed
    project = Project(modules)
    brought = distributions(project, requirements, installed)
    names = {one.module.partition(".")[0]: one.name for one in brought}
    reach = Reach(project)
    adapters = []
    for found in classes(project):
        form = form_of(project, found)
        if form is not None:
            adapters.append(_adapter(project, found, form, reach, names))
            findings += _of_adapter(project, found, form, adapters[-1])
    lines = sum(module.lines for module in modules.values())
    ordered = sorted(set(findings), key=lambda one: (one.lines, one.code, one.message))
    return Analysis(FORMAT, digest, len(python), lines, tuple(adapters), brought, tuple(ordered))


def _adapter(project: Project, found: Class, form: Form, reach: Reach, names: Mapping[str, str | None]) -> Adapter:
    name = f"{project.dotted_name(found.module)}.{found.name}"
    tools = tuple(_tool(project, found, form, one, reach, names, name) for one in candidates(project, found, form))
    bases = tuple(ast.unparse(base) for base in found.node.bases)
    return Adapter(name, form, found.module.place(found.node), bases, tools)


def _tool(
    project: Project,
    found: Class,
    form: Form,
    candidate: Candidate,
    reach: Reach,
    names: Mapping[str, str | None],
    adapter: str,
) -> Tool:
    method = candidate.method
    reached = reach.of(found, method) if method else []
    effects = reach.effects(reached)
    text = documentation(method.node) if method else ""
    bound = method is not None and isinstance(method.node, Function) and method.owner is not None
    static = any(
        isinstance(one, ast.Name) and one.id == "staticmethod"
        for one in getattr(getattr(method, "node", None), "decorator_list", [])
    )
    returns = getattr(method.node, "returns", None) if method else None
    return Tool(
        name=candidate.name,
        adapter=adapter,
        found=candidate.found,
        lines=candidate.lines,
        description=candidate.description,
        documentation=text,
        parameters=parameters(method.node, bound=bound and not static) if method else (),
        returns=ast.unparse(returns) if returns else None,
        streams=candidate.says_streaming or (method is not None and is_generator(method.node)),
        examples=examples(text),
        effects=effects,
        functions=tuple(sorted({f"{one.module.path}:{one.name}" for one in reached})),
        complexity=sum(complexity(one.node) for one in reached) or 1,
        code_lines=sum(place.last - place.first + 1 for place in {one.module.place(one.node) for one in reached}),
        mapping=map_tool(project, found, form, candidate, reached, effects, names),
    )


def _of_adapter(project: Project, found: Class, form: Form, adapter: Adapter) -> list[Finding]:
    said: list[tuple[str, str, str]] = []
    if not adapter.tools:
        said.append(
            ("no_tools", f"{found.name} has no tool that can be read from its code.", "List its tools by hand.")
        )
    if form in (Form.BASE, Form.THREAD_SAFE) and project.method(found, "execute_tool") is None:
        message = f"{found.name} has no execute_tool, so Snakepit's worker answers every call of it with an error."
        said.append(("no_execute_tool", message, "Add one that returns self.call_tool(tool_name, **arguments)."))
    findings = [Finding(code, message, advice, adapter.lines) for code, message, advice in said]
    advice = "Look at it before anything imports it."
    for one in project.lineage(found):
        message = f"{one.module.path} runs code when it is imported; it was not run here."
        loud = loud_at_import(one.module.tree.body)
        findings += [Finding("import_time", message, advice, one.module.place(statement)) for statement in loud]
    return findings

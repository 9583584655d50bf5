"""All Python files of a project: those that use the class, rewritten or refused."""

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.configuration.edits import Edit, EditsOverlap
from migrations_app.handlers.adapter.codemods.python.bindings import (
    Binding,
    bindings,
    star_imports,
    unresolved_imports,
)
from migrations_app.handlers.adapter.codemods.python.calls import Calls
from migrations_app.handlers.adapter.codemods.python.dispatch import Dispatch
from migrations_app.handlers.adapter.codemods.python.imports import Imports
from migrations_app.handlers.adapter.codemods.python.meanings import Meanings, meanings
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.codemods.python.sites import Judged, Shared, Sites
from migrations_app.handlers.adapter.codemods.python.source import NotReadable, Source, read
from migrations_app.handlers.adapter.codemods.python.texts import Texts, texts
from migrations_app.handlers.adapter.codemods.switch import Refused, Rewrite, Rewrites, Switch
from migrations_app.handlers.adapter.facts import Lines


@dataclass(frozen=True, slots=True)
class _File:
    source: Source
    bindings: list[Binding]
    texts: Texts


def rewrite_python(files: Mapping[str, bytes], switch: Switch) -> Rewrites:
    """`files`: all that are Python, as the class may come from any of them."""
    known = meanings(files, switch.old_module, switch.old_class)
    refused = [
        Refused(one.lines, "unread", f"{one.message} It may use {switch.old_class}.", one.advice)
        for one in known.unread
    ]
    read_files: list[_File] = []
    for path in sorted(files):
        if not _may_use(files[path], known, switch):
            continue
        try:
            source = read(path, files[path])
        except NotReadable as error:
            if path not in {one.lines.path for one in known.unread}:
                refused.append(refusal(Lines(path, 1, 1), "unread", str(error), "Look through it by hand."))
            continue
        read_files.append(_File(source, bindings(source, known), texts(source, switch)))
    if len(known.homes) != 1:
        refused += [one for file in read_files for one in _without_home(file, known, switch)]
        return Rewrites((), tuple(sorted({*refused, *(one for file in read_files for one in file.texts.refused)})))
    dispatch = Dispatch(known.project, known.homes[0])
    shared = Shared(dict(files))
    makers = [Sites(file.source, Calls(file.source, switch, dispatch, False), shared) for file in read_files]
    patches = [_patches(maker, file) for maker, file in zip(makers, read_files, strict=True)]
    for_good = any(lasting for _, lasting in patches)
    changes = []
    for maker, file, (here, _) in zip(makers, read_files, patches, strict=True):
        maker.calls.patched = here or for_good
        change, left = _rewritten(file, maker, Imports(file.source, switch, known), known, files[file.source.path])
        refused += left
        if change is not None:
            changes.append(change)
    return Rewrites(tuple(changes), tuple(sorted(set(refused))))


def _may_use(content: bytes, known: Meanings, switch: Switch) -> bool:
    reached = b"import_module" in content or b"__import__" in content
    return any(name.encode() in content for name in known.spoken() | {switch.old_class}) or (
        reached and switch.old_module.encode() in content
    )


def _without_home(file: _File, known: Meanings, switch: Switch) -> list[Refused]:
    """Several files define it, or none does: what a use means is not known."""
    source = file.source
    if not known.homes:
        message = f"{switch.old} is not among these files, so that nothing is known of its methods."
        nodes = unresolved_imports(source, switch.old_module, switch.old_class)
        return [refusal(source.lines(node), "no_class", message) for node in nodes]
    message = f"The class is defined in {' and '.join(sorted(home.module.path for home in known.homes))}."
    return [
        refusal(source.lines(use), "class_twice", message, "Give one of them another place, and plan again.")
        for binding in file.bindings
        for use in binding.uses
    ]


def _patches(sites: Sites, file: _File) -> tuple[bool, bool]:
    found = [sites.patches(binding) for binding in file.bindings]
    return file.texts.patches or any(here for here, _ in found), any(lasts for _, lasts in found)


def _rewritten(
    file: _File, sites: Sites, imports: Imports, known: Meanings, before: bytes
) -> tuple[Rewrite | None, list[Refused]]:
    source = file.source
    refused = list(file.texts.refused)
    refused += [refusal(source.lines(node), "star_import") for node in star_imports(source, known)]
    judged = [(binding, sites.judge(binding)) for binding in file.bindings]
    refused += [one for _, found in judged for one in found.refused]
    if any(found.rewritten for _, found in judged) and imports.is_taken(file.bindings):
        refused += [refusal(line, "name_taken") for _, found in judged for line in found.lines]
        judged = [(binding, Judged()) for binding in file.bindings]
    imports.change((binding, found.rewritten) for binding, found in judged)
    refused += imports.refused
    edits = {edit for _, found in judged for edit in found.edits} | imports.edits
    if not edits:
        return None, refused
    lines = {line for _, found in judged for line in found.lines}
    lines |= {source.lines_of(edit.start, edit.end) for edit in imports.edits}
    return _applied(source, before, edits, lines, refused)


def _applied(
    source: Source, before: bytes, edits: set[Edit], lines: set[Lines], refused: list[Refused]
) -> tuple[Rewrite | None, list[Refused]]:
    """What does not parse afterwards is not written."""
    try:
        after = source.edited(edits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(after)
    except (EditsOverlap, UnicodeEncodeError, SyntaxError, ValueError):
        return None, refused + [refusal(line, "shape") for line in lines]
    return Rewrite(source.path, before, after, tuple(sorted(lines))), refused

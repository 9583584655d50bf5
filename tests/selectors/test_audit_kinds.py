"""The catalogue of the trail against every service that records: nothing is written that it does not describe."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import Decision
from migrations_app.selectors.audit_kinds import KINDS, AuditKind, Topic, actions_of
from migrations_app.selectors.audit_sentences import sentence
from migrations_app.services.denials import Door
from tests.architecture.sources import python_files, tree

NAME = re.compile(r"[a-z_]+\.[a-z_]+")
MEMBERS = ("environment", "reason", "before", "after")
# Written by a name that the source puts together; what is refused under `review.decide` is written as what was decided.
MADE_OF_PARTS = {f"review.{decision}" for decision in Decision} - {"review.comment"}
RECORDS_ELSEWHERE = {  # the operation is in one module, what it writes in another
    "migration.promote": "services/migrations.py",
    "run.break_glass": "services/starting.py",
    "run.execute": "services/starting.py",
    "run.validate": "services/starting.py",
    "run.rehearse": "services/starting.py",
    "run.roll_back": "services/starting.py",
    **{
        name: "services/scheduled_notices.py"
        for name in KINDS
        if name.startswith("schedule.") and KINDS[name].about == "migration"
    },
    "person.create": "services/people.py",
    "person.edit": "services/people.py",
}

STARTS = ("run.execute", "run.validate", "run.rehearse", "run.roll_back")  # of all starts only an override has a reason


def recorders() -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files("migrations_app"):
        if "services" in path.parts or path.name == "admin.py":
            yield path, tree(path)


def calls(module: ast.AST, name: str) -> list[ast.Call]:
    return [n for n in ast.walk(module) if isinstance(n, ast.Call) and ast.unparse(n.func).endswith(name)]


def text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def operations() -> set[str]:
    return {text(call.args[0]) for _, module in recorders() for call in calls(module, "operation") if call.args} - {""}


def recorded_by(module: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The kinds that a function which takes its kind as an argument writes: what its callers in the module give it,
    or, where one of them was given it as well, whatever the module names and does not write itself."""
    given = [
        argument
        for call in calls(module, function.name)
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
    ]
    handed_on = any(isinstance(one, ast.Name) and one.id == "action" for one in given)
    named = {text(one) for one in given} & KINDS.keys()
    if named and not handed_on:
        return named
    directly = {text(k.value) for call in calls(module, "audit.record") for k in call.keywords if k.arg == "action"}
    return ({text(n) for n in ast.walk(module) if isinstance(n, ast.Constant)} & KINDS.keys()) - directly


@cache
def filled() -> Mapping[str, set[str]]:
    """Per kind, the members that some call fills."""
    found: dict[str, set[str]] = defaultdict(set)
    by_module: dict[str, set[str]] = defaultdict(set)
    for path, module in recorders():
        if path.name == "operation.py":  # which writes refusals
            continue
        for function in (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef)):
            for call in calls(function, "audit.record"):
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                members = {name for name in MEMBERS if name in given}
                if name := text(given["action"]):
                    found[name] |= members
                    continue
                for one in MADE_OF_PARTS if path.name == "reviews.py" else recorded_by(module, function):
                    found[one] |= members
                by_module[f"{path.parent.name}/{path.name}"] |= members
    for name, module_name in RECORDS_ELSEWHERE.items():
        found[name] |= by_module[module_name]
    for name in STARTS:
        found[name].discard("reason")
    return found


def test_every_kind_that_is_written_is_in_the_catalogue_and_the_other_way_round() -> None:
    named = {text(n) for _, m in recorders() for c in calls(m, "") for n in [*c.args, *(k.value for k in c.keywords)]}
    in_services = {name for name in named if NAME.fullmatch(name) and name in KINDS}
    written = operations() | in_services | {"rate_limit"} | MADE_OF_PARTS | {door.value for door in Door}

    assert operations() - KINDS.keys() == set()
    assert {text(k.value) for _, m in recorders() for c in calls(m, "audit.record") for k in c.keywords
            if k.arg == "action"} - {""} <= KINDS.keys()  # fmt: skip
    assert sorted(KINDS.keys() - written) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_has_words_and_an_example_of_its_own(kind: AuditKind) -> None:
    said = sentence(kind.example)

    assert said.startswith("olga ")
    assert ("was refused" in said) == (not kind.fills and not kind.only_refused)
    assert kind.verb in said or "was refused" in said
    assert said != sentence({**kind.example, "action": "unheard.of"})
    assert kind.fills <= set(MEMBERS)
    assert kind.name in actions_of(kind.topic)


@pytest.mark.parametrize("name", sorted(name for name, kind in KINDS.items() if kind.fills))
def test_each_kind_fills_what_it_says(name: str) -> None:
    assert KINDS[name].fills == filled()[name]


def test_a_topic_that_there_is_not_has_no_kinds() -> None:
    assert actions_of("gossip") == ()
    assert all(actions_of(topic) for topic in Topic)

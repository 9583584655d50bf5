from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.spec_document import SpecDocument, from_document, to_document
from migrations_app.engine.vocabulary import MigrationType
from tests.engine.unshowable import Unshowable, UnshowableKey

GOOD: dict[str, Any] = {
    "apiVersion": "snakeweb/v1",
    "kind": "Migration",
    "metadata": {"title": " Move sessions to PostgreSQL ", "environment": "staging"},
    "spec": {
        "type": "session_migration",
        "targets": {"source": "sessions-redis", "target": "sessions-postgres"},
        "parameters": {},
        "options": {"validation_level": "full", "batch_size": 1000},
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one entry replaced, or removed when `value` is `...`."""
    head, _, last = path.rpartition(".")
    document = {**GOOD, "metadata": {**GOOD["metadata"]}, "spec": {**GOOD["spec"]}}
    holder = document[head] if head else document
    holder[last] = value
    if value is ...:
        del holder[last]
    return document


def test_the_documents_of_the_design_are_read() -> None:
    spec, problems = from_document(GOOD)
    assert problems == []
    assert spec == SpecDocument(
        title="Move sessions to PostgreSQL",
        environment="staging",
        type=MigrationType.SESSION,
        targets={"source": "sessions-redis", "target": "sessions-postgres"},
        options={"validation_level": "full", "batch_size": 1000},
    )


def test_parameters_and_options_may_be_left_out() -> None:
    spec, problems = from_document({**changed("spec.options", ...), "metadata": GOOD["metadata"]})
    assert (spec is not None, problems) == (True, [])


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ([], [""]),
        (None, [""]),
        ("text", [""]),
        (
            {},
            [
                "apiVersion",
                "kind",
                "metadata",
                "spec",
                "metadata.title",
                "metadata.environment",
                "spec.type",
                "spec.targets",
            ],
        ),
        (changed("apiVersion", "snakeweb/v2"), ["apiVersion"]),
        (changed("kind", ...), ["kind"]),
        (changed("extra", 1), ["extra"]),
        (changed("metadata", "x"), ["metadata", "metadata.title", "metadata.environment"]),
        (changed("metadata.title", "x" * 10_000_000), ["metadata.title"]),
        (changed("metadata.titel", "x"), ["metadata.titel"]),
        (changed("spec.type", "session"), ["spec.type"]),
        (changed("spec.type", "custom_migration"), ["spec.handler"]),
        (changed("spec.targets", {"source": 3, "target": " "}), ["spec.targets.source", "spec.targets.target"]),
        (changed("spec.options", [1]), ["spec.options"]),
        (changed("spec.targets", ...), ["spec.targets"]),
        (changed("spec.bogus", 1), ["spec.bogus"]),
    ],
)
def test_every_problem_is_named_at_once(document: Any, fields: list[str]) -> None:
    spec, problems = from_document(document)
    assert spec is None
    assert [problem.field for problem in problems] == fields
    assert all(problem.message and problem.fix for problem in problems)


_names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
_specs = st.builds(
    SpecDocument,
    title=_names,
    environment=_names,
    type=st.sampled_from([each for each in MigrationType if each is not MigrationType.CUSTOM]),
    description=st.text(st.characters(exclude_characters="\x00"), max_size=20),
    handler=st.one_of(st.just(""), _names),
    targets=st.dictionaries(_names, _names, max_size=3),
    parameters=st.dictionaries(_names, st.integers(), max_size=3),
    options=st.dictionaries(_names, st.booleans(), max_size=3),
)


@given(_specs)
def test_what_is_exported_reads_back_as_the_same(spec: SpecDocument) -> None:
    assert from_document(to_document(spec)) == (spec, [])


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["apiVersion", "kind", "metadata", "spec", "type", "targets", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_anything)
def test_anything_at_all_is_a_spec_or_problems(document: Any) -> None:
    spec, problems = from_document(document)
    assert (spec is None) == bool(problems)


@pytest.mark.parametrize(
    "path",
    [
        "apiVersion",
        "kind",
        "metadata",
        "metadata.title",
        "metadata.description",
        "metadata.environment",
        "spec",
        "spec.type",
        "spec.handler",
        "spec.targets",
        "spec.parameters",
        "spec.options",
    ],
)
def test_a_container_is_refused_without_being_made_into_text(path: str) -> None:
    spec, problems = from_document(changed(path, Unshowable([1])))
    assert spec is None
    assert path in [problem.field for problem in problems]


def test_a_container_for_the_name_of_a_target_is_refused_without_being_made_into_text() -> None:
    _, problems = from_document(changed("spec.targets", {"source": Unshowable([1])}))
    assert [problem.field for problem in problems] == ["spec.targets.source"]


@pytest.mark.parametrize("holder", ["", "metadata", "spec", "spec.targets", "spec.parameters", "spec.options"])
@pytest.mark.parametrize("key", [1, None, UnshowableKey((1,))])
def test_a_key_that_is_no_text_is_a_problem_of_its_mapping(holder: str, key: Any) -> None:
    inner: dict[Any, Any] = {key: 1}
    _, problems = from_document(changed(holder, inner) if holder else {**GOOD, **inner})
    assert any(problem.field == holder and "not text" in problem.message for problem in problems)


def test_a_number_of_any_length_is_refused_without_being_made_into_text() -> None:
    _, problems = from_document(changed("apiVersion", 10**10_000))
    assert [problem.message for problem in problems] == ["apiVersion is not text."]


def test_too_many_targets_are_one_problem() -> None:
    _, problems = from_document(changed("spec.targets", {f"role{n}": 1 for n in range(500)}))
    assert [(p.field, p.code) for p in problems] == [("spec.targets", "too_long")]

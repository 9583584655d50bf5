import hashlib
import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.plan import PLAN_FORMAT_WITH_SECRETS, Plan, SecretRef, content_digest
from migrations_app.engine.vocabulary import StepKind
from tests.engine import toy


def test_a_plan_survives_its_document() -> None:
    plan = toy.plan()
    again = Plan.from_content(plan.content())
    assert again == plan
    assert again.digest == plan.digest


def test_a_document_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 99"):
        Plan.from_content({**toy.plan().content(), "format": 99})


def test_estimates_and_display_names_are_not_signed_everything_else_is() -> None:
    plan = toy.plan()
    slower = replace(plan.steps[0], estimated_seconds=999)
    renamed = replace(plan.targets[0], name="another name")
    same = replace(plan, steps=(slower, *plan.steps[1:]), targets=(renamed, *plan.targets[1:]))
    assert same.digest == plan.digest
    others = [
        replace(plan, environment="production"),
        replace(plan, options={**plan.options, "batch_size": 3}),
        replace(plan, description="x"),
        replace(plan, handler_version="2"),
        replace(plan, targets=(replace(plan.targets[0], config_digest="0"), *plan.targets[1:])),
        replace(plan, steps=(replace(plan.steps[0], title="x"), *plan.steps[1:])),
        replace(plan, steps=plan.steps[::-1]),
        replace(plan, claims=()),
    ]
    digests = {other.digest for other in others}
    assert len(digests) == len(others)
    assert plan.digest not in digests


@pytest.mark.parametrize("value", [1.5, {"a": [1, {"b": 0.5}]}, (1, 2.0), 2**53])
def test_floats_and_huge_integers_are_not_signed(value: object) -> None:
    with pytest.raises(ValueError):
        content_digest(value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _json))
def test_the_order_of_keys_does_not_change_the_digest(content: dict[str, object]) -> None:
    assert content_digest(content) == content_digest(dict(reversed(content.items())))


_names = st.text(st.characters(max_codepoint=0x24F)) | st.sampled_from(["\U0001f600", "\ufb00", "\ue000"])
_whole = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([2**53 - 1, -(2**53) + 1])
_contents = st.recursive(
    st.none() | st.booleans() | _whole | st.text() | st.sampled_from(StepKind),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(_names | st.text("az_\x00\x7f"), inner),
    max_leaves=12,
)


@given(_contents)
def test_the_digest_is_that_of_the_form_of_rfc_8785(content: object) -> None:
    """However it is made."""
    assert content_digest(content) == hashlib.sha256(rfc8785.dumps(content)).hexdigest()


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, {1: "a"}, {"a": {2: "b"}}, {"a": {1, 2}}, 2**53, -(2**53)])
def test_what_the_form_does_not_know_is_not_signed(value: object) -> None:
    with pytest.raises(ValueError):
        content_digest(value)


def test_secrets_are_not_shown_and_not_in_a_plan() -> None:
    target = toy.target(1, "source")
    assert "secret-word" not in repr(target)
    assert "secret-word" not in repr(toy.plan().content())


def test_a_step_is_found_by_its_id() -> None:
    assert toy.plan().step("copy").title == "Copy the items"


def naming(secret: SecretRef) -> Plan:
    return replace(toy.plan(), secrets=(secret,), format=PLAN_FORMAT_WITH_SECRETS)


def test_a_plan_binds_which_secret_and_not_its_value() -> None:
    without = toy.plan()
    wax = naming(SecretRef("seal", 7, "wax", 1))

    assert "secrets" not in without.content()
    assert Plan.from_content(json.loads(json.dumps(wax.content()))) == wax
    assert wax.digest == naming(SecretRef("seal", 7, "wax", 2)).digest
    assert wax.digest != naming(SecretRef("seal", 8, "wax", 1)).digest
    assert wax.digest != without.digest

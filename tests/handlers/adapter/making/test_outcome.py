from typing import Any

import pytest

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import parse
from migrations_app.files.reading import sha256_of
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.making.outcome import (
    CALLS,
    CLEANUP,
    CONFIGURE,
    Outcome,
    is_code,
    outcome_of,
    reads,
    refuse,
)
from migrations_app.handlers.adapter.parameters import PARAMETERS
from migrations_app.handlers.project.reading import read_directory
from tests.handlers.adapter.places import ADAPTER, CODE, MANUAL, Shop
from tests.handlers.adapter.reading import FIXTURES


def outcome(shop: Shop, **parameters: Any) -> Outcome:
    files = read_directory(shop.root, lambda path: path.endswith((".py", ".ex", ".exs"))).files
    given = parse(PARAMETERS, parameters, path="parameters")[0]
    return outcome_of(shop.root, files, analyze(shop.root, installed={}), given)


def codes(found: Outcome) -> list[str]:
    return [problem.code for problem in found.problems]


def test_each_step_s_files_before_and_after(shop: Shop) -> None:
    found = outcome(shop, cleanup_old_adapter=True)

    assert set(found.changes[CALLS]) == {"client/room.py", "client/show.py", "config/config.exs"}
    assert found.changes[CALLS]["client/room.py"].before == CODE["client/room.py"]
    assert all(change.before is None for change in found.changes[CONFIGURE].values())
    assert found.changes[CLEANUP] == {"shop/adapter.py": found.changes[CLEANUP]["shop/adapter.py"]}
    assert found.changes[CLEANUP]["shop/adapter.py"].signed() == {"before": sha256_of(ADAPTER), "after": ""}
    assert found.problems == ()


def test_what_is_signed_names_every_file_and_the_new_directories(shop: Shop) -> None:
    found = outcome(shop)

    assert found.signed(CONFIGURE)["directories"] == ["generic_adapter"]
    assert found.signed(CALLS)["directories"] == []
    assert found.signed(CLEANUP) == {"files": {}, "directories": []}
    assert outcome(shop).signed(CALLS) == found.signed(CALLS)


def test_manual_tools_are_refused_by_name_or_stay(shop: Shop) -> None:
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)

    refused, kept = outcome(shop), outcome(shop, manual_tools="keep_custom")

    assert codes(refused) == ["manual_tool"]
    assert refused.problems[0].message.startswith("total: ")
    assert (kept.problems, kept.place.adapter) == ((), "generic_adapter.with_custom.Adapter")
    assert codes(outcome(shop, manual_tools="keep_custom", renames={"total": "sum"})) == ["kept_name"]
    assert codes(outcome(shop, manual_tools="keep_custom", cleanup_old_adapter=True)) == ["still_needed"] * 2


def test_an_adapter_without_execute_tool_cannot_keep_any(shop: Shop) -> None:
    without = ADAPTER.replace(b"def execute_tool", b"def other") + MANUAL
    shop.lay(shop__adapter_dot_py=without)

    assert codes(outcome(shop, manual_tools="keep_custom"))[-1] in ("no_execute_tool", "no_tool")


def test_an_adapter_of_which_nothing_can_be_served(shop: Shop) -> None:
    shop.lay(shop__adapter_dot_py=(FIXTURES / "hostile_tools/adapter.py").read_bytes())

    assert "no_tool" in codes(outcome(shop, manual_tools="keep_custom"))


def test_problems_are_raised_together() -> None:
    refuse(())
    with pytest.raises(ValidationFailed) as refused:
        refuse((Problem("a", "b"), Problem("c", "d")))
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("path", "looked_into", "code"),
    [
        ("shop/adapter.py", True, True),
        ("requirements.txt", True, True),
        ("lib/a.ex", True, True),
        ("config/config.exs", True, True),
        ("config/shop.yaml", True, False),
        ("deploy/shop.service", True, False),
        ("README.md", False, False),
        ("calls.jsonl", False, False),
    ],
)
def test_who_may_name_an_adapter_is_looked_into(path: str, looked_into: bool, code: bool) -> None:
    assert (reads(path), is_code(path)) == (looked_into, code)

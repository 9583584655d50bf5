from datetime import UTC, datetime

import pytest

from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.runs import run_page
from tests.handlers.adapter.places import ADAPTER, MANUAL

pytestmark = pytest.mark.django_db(transaction=True)


def shown(stage, migration_id):
    page = migration_page(actor=stage.cast.actors["viewer"], migration_id=migration_id, now=datetime.now(UTC))
    assert page.adapter is not None
    return page.adapter


def test_every_tool_is_shown_with_what_serves_it_and_why(adapter_to_migrate):
    adapter_to_migrate.shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    parameters = {"equivalence": "off", "manual_tools": "keep_custom", "renames": {"area": "surface"}}
    plan = shown(adapter_to_migrate, adapter_to_migrate.planned(parameters=parameters))

    tools = {tool.name: tool for tool in plan.tools}
    assert {name: tool.fate for name, tool in tools.items()} == {"root": "served", "area": "served", "total": "kept"}
    assert (tools["area"].new_name, tools["area"].entry["name"]) == ("surface", "area")
    assert tools["total"].reasons[0].place.startswith("shop/adapter.py:")
    assert tools["total"].reasons[0].advice
    assert (plan.served, plan.joined) == (2, True)


def test_the_calls_that_change_are_shown_line_beside_line(adapter_to_migrate):
    plan = shown(adapter_to_migrate, adapter_to_migrate.planned())

    assert {each.path for each in plan.rewrites} == {"client/room.py", "client/show.py", "config/config.exs"}
    assert plan.sites >= 3
    assert {section.file for section in plan.sections} == {each.path for each in plan.rewrites}
    assert any(path.endswith("tools.json") for path in plan.made)


def test_what_an_author_decided_is_told_apart_from_what_was_found(adapter_to_migrate):
    parameters = {"equivalence": "off", "manual_tools": "keep_custom", "edits": {"root": None}}
    plan = shown(adapter_to_migrate, adapter_to_migrate.planned(parameters=parameters))

    assert [(tool.name, tool.fate) for tool in plan.tools] == [("area", "served"), ("root", "kept")]
    assert plan.tools[1].entry is not None


@pytest.mark.servers
def test_a_run_shows_what_was_compared(adapter_to_migrate):
    migration_id = adapter_to_migrate.planned(parameters={"equivalence": "required", "cases": 5})
    run = adapter_to_migrate.run(migration_id)

    page = run_page(actor=adapter_to_migrate.cast.actors["viewer"], run_id=run.pk, now=datetime.now(UTC))

    before, after = page.comparisons
    assert (before.title, after.title) == ("before anything changes", "after")
    assert {tool.tool for tool in before.tools} == {"root", "area"}
    assert before.equivalent == after.equivalent == 2
    assert before.cases >= 10

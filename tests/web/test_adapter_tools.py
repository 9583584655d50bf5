import json

import pytest

from migrations_app.models import Migration
from tests.handlers.adapter.places import ADAPTER, MANUAL
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
KEEP = {"equivalence": "off", "manual_tools": "keep_custom"}


@pytest.fixture
def planned(adapter_to_migrate) -> int:
    adapter_to_migrate.shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    return adapter_to_migrate.planned(parameters=KEEP)


def decided(client, migration_id, **given):
    """The form as it comes, with these fields otherwise."""
    version = Migration.objects.get(pk=migration_id).version
    found = {"decision-0": "found", "decision-1": "found", "decision-2": "custom", "version": version, "plan": "1"}
    return client.post(f"/migrations/{migration_id}/tools/", {**found, **given}, follow=True)


def test_the_page_shows_each_tool_with_the_choices_it_has(planned):
    seen = signed_in("operator").get(f"/migrations/{planned}/tools/").content.decode()

    assert seen.count('value="found"') == 2
    assert seen.count('value="custom"') == 3
    assert "&quot;call&quot;: &quot;math.sqrt&quot;" in seen


def test_a_tool_is_left_with_the_custom_adapter_and_another_gets_a_new_name(planned):
    client = signed_in("operator")
    answer = decided(client, planned, **{"decision-1": "custom", "new-name-0": "surface"})

    migration = Migration.objects.get(pk=planned)
    assert migration.parameters == {**KEEP, "edits": {"root": None}, "renames": {"area": "surface"}}
    assert "revision 2 is planned" in answer.content.decode()
    again = client.get(f"/migrations/{planned}/tools/").content.decode()
    assert 'value="surface"' in again


def test_what_is_as_it_was_found_leaves_nothing_behind(planned):
    decided(signed_in("operator"), planned)

    assert Migration.objects.get(pk=planned).parameters == KEEP


def test_an_entry_of_ones_own_serves_the_tool(planned):
    entry = {
        "name": "total",
        "description": "A sum.",
        "mode": "keywords",
        "arguments": [{"name": "numbers"}],
        "more": False,
        "steps": [{"as": "sum", "call": "math.fsum", "args": [{"argument": "numbers"}]}],
        "result": {"step": "sum", "convert": ["int"]},
    }
    client = signed_in("operator")
    answer = decided(client, planned, **{"decision-2": "own", "entry-2": json.dumps(entry)})

    assert "revision 2 is planned" in answer.content.decode()
    assert "generic, by hand" in client.get(f"/migrations/{planned}/").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"decision-2": "own", "entry-2": '{"name": '},
            "The entry of total is no JSON: Expecting value (line 1, column 10)",
        ),
        ({"decision-2": "own", "entry-2": "[1]"}, "The entry of total is no object."),
        ({"decision-2": "own", "entry-2": "[" * 90_000}, "nested too deep"),
        ({"decision-2": "found"}, "No entry was found for total."),
        ({"decision-0": "rubbish"}, "This is no choice."),
        ({"version": "0"}, "Nothing was saved."),
    ],
)
def test_bad_input_is_said_at_its_tool_and_saves_nothing(planned, given, said):
    before = Migration.objects.get(pk=planned).parameters
    answer = decided(signed_in("operator"), planned, **given)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Migration.objects.get(pk=planned).parameters == before


def test_an_entry_that_the_generic_adapter_refuses_is_saved_as_a_draft_with_its_problem(planned):
    entry = {"name": "total", "mode": "keywords", "arguments": [], "steps": [], "result": {"library": "os.environ"}}
    answer = decided(signed_in("operator"), planned, **{"decision-2": "own", "entry-2": json.dumps(entry)})

    assert "cannot be planned yet" in answer.content.decode()


@pytest.mark.parametrize("username", ["viewer", "approver", "auditor"])
def test_whoever_may_not_edit_changes_nothing(planned, username):
    before = Migration.objects.get(pk=planned).parameters
    decided(signed_in(username), planned, **{"decision-0": "custom"})

    assert Migration.objects.get(pk=planned).parameters == before


def test_a_migration_of_another_type_has_no_tools(adapter_to_migrate, tmp_path):
    assert signed_in("operator").get("/migrations/999999/tools/").status_code == 404

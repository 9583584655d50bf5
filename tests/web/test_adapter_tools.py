import json

import pytest

from migrations_app.models import Migration
from tests.handlers.adapter.places import ADAPTER, MANUAL
from tests.web.door import signed_in, untouched
from tests.web.edited_forms import rows

pytestmark = pytest.mark.django_db(transaction=True)
SUM = {
    "name": "total",
    "description": "A sum.",
    "mode": "keywords",
    "arguments": [{"name": "numbers"}],
    "more": False,
    "steps": [{"as": "sum", "call": "math.fsum", "args": [{"argument": "numbers"}]}],
    "result": {"step": "sum", "convert": ["int"]},
}
KEEP = {"equivalence": "off", "manual_tools": "keep_custom"}


@pytest.fixture
def planned(adapter_to_migrate) -> int:
    adapter_to_migrate.shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    return adapter_to_migrate.planned(parameters=KEEP)


def decided(client, migration_id, **given):
    """The form as it comes, with these fields otherwise."""
    version = Migration.objects.get(pk=migration_id).version
    found = {"decision.area": "found", "decision.root": "found", "decision.total": "custom"}
    found |= {"version": version, "plan": "1"}
    return client.post(f"/migrations/{migration_id}/tools/", {**found, **given}, follow=True)


def test_the_page_shows_each_tool_with_the_choices_it_has(planned):
    seen = signed_in("operator").get(f"/migrations/{planned}/tools/").content.decode()

    assert seen.count('value="found"') == 2
    assert seen.count('value="custom"') == 3
    assert "&quot;call&quot;: &quot;math.sqrt&quot;" in seen


def test_a_tool_is_left_with_the_custom_adapter_and_another_gets_a_new_name(planned):
    client = signed_in("operator")
    answer = decided(client, planned, **{"decision.root": "custom", "new-name.area": "surface"})

    migration = Migration.objects.get(pk=planned)
    assert migration.parameters == {**KEEP, "edits": {"root": None}, "renames": {"area": "surface"}}
    assert "revision 2 is planned" in answer.content.decode()
    again = client.get(f"/migrations/{planned}/tools/").content.decode()
    assert 'value="surface"' in again


def test_what_is_as_it_was_found_leaves_nothing_behind(planned):
    decided(signed_in("operator"), planned)

    assert Migration.objects.get(pk=planned).parameters == KEEP


def test_an_entry_of_ones_own_serves_the_tool(planned):
    client = signed_in("operator")
    answer = decided(client, planned, **{"decision.total": "own", "entry.total": json.dumps(SUM)})

    assert "revision 2 is planned" in answer.content.decode()
    assert "generic, by hand" in client.get(f"/migrations/{planned}/").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"decision.total": "own", "entry.total": '{"name": '},
            "The entry of total is no JSON: Expecting value (line 1, column 10)",
        ),
        ({"decision.total": "own", "entry.total": "[1]"}, "The entry of total is no object."),
        ({"decision.total": "own", "entry.total": "[" * 90_000}, "nested too deep"),
        ({"decision.total": "found"}, "No entry was found for total."),
        ({"decision.area": "rubbish"}, "This is no choice."),
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
    answer = decided(signed_in("operator"), planned, **{"decision.total": "own", "entry.total": json.dumps(entry)})

    assert "cannot be planned yet" in answer.content.decode()


@pytest.mark.parametrize("username", ["viewer", "approver", "auditor"])
def test_whoever_may_not_edit_changes_nothing(planned, username):
    before = Migration.objects.get(pk=planned).parameters
    decided(signed_in(username), planned, **{"decision.area": "custom"})

    assert Migration.objects.get(pk=planned).parameters == before


def test_a_migration_of_another_type_has_no_tools(adapter_to_migrate, tmp_path):
    assert signed_in("operator").get("/migrations/999999/tools/").status_code == 404


def test_of_two_who_decide_the_second_is_shown_what_the_first_did_tool_by_tool(planned, other):
    client, path = signed_in("operator"), f"/migrations/{planned}/tools/"
    mine, theirs = (untouched(one.get(path).content) for one in (client, other))
    by_hand = {"decision.total": "own", "entry.total": json.dumps(SUM)}
    assert other.post(path, theirs | by_hand | {"decision.root": "custom"}).status_code == 302
    kept = Migration.objects.get(pk=planned).parameters

    another = json.dumps(SUM | {"description": "Another sum."})
    wish = by_hand | {"entry.total": another, "new-name.area": "surface"}
    broken = client.post(path, mine | wish | {"entry.total": "{"})
    answer = client.post(path, mine | wish)

    assert (broken.status_code, rows(broken)["total"][0]) == (409, "both"), "what is no JSON is not what matters first"
    assert answer.status_code == 409
    assert "ottilie" in answer.content.decode()
    assert Migration.objects.get(pk=planned).parameters == kept
    said = rows(answer)
    assert said["root"] == (
        "theirs",
        ["the entry that was found", "the custom adapter, as before", "the entry that was found"],
    )
    assert said["area"][1][2] == "the entry that was found\nnew name: surface"
    assert (said["total"][0], said["total"][1][0]) == ("both", "the custom adapter, as before")
    assert ("A sum." in said["total"][1][1], "Another sum." in said["total"][1][2]) == (True, True)
    again = untouched(answer.content)
    assert (again["decision.root"], again["new-name.area"]) == (["custom"], ["surface"])
    assert client.post(path, again).status_code == 302
    saved = Migration.objects.get(pk=planned)
    assert saved.parameters["renames"] == {"area": "surface"}
    assert saved.parameters["edits"] == {"root": None, "total": another}
    assert client.post(path, again).status_code == 302, "a second click has nothing to ask"
    assert Migration.objects.get(pk=planned).version == saved.version


def test_a_form_that_is_left_alone_changes_no_entry(planned):
    """Neither by the ends of lines that browsers send, nor where the entry came as a document."""
    client, path = signed_in("operator"), f"/migrations/{planned}/tools/"
    migration = Migration.objects.get(pk=planned)
    for entry in (json.dumps(SUM, indent=1), SUM):
        migration.parameters = KEEP | {"edits": {"total": entry}}
        migration.save()
        form = untouched(client.get(path).content)
        as_sent = {name: [text.replace("\n", "\r\n") for text in texts] for name, texts in form.items()}

        assert client.post(path, as_sent).status_code == 302

        assert Migration.objects.get(pk=planned).parameters == migration.parameters


def test_decisions_are_of_tools_by_name_whatever_a_plan_that_was_made_meanwhile_has(planned, adapter_to_migrate):
    client, path = signed_in("operator"), f"/migrations/{planned}/tools/"
    form = untouched(client.get(path).content)
    adapter_to_migrate.shop.lay(shop__adapter_dot_py=(ADAPTER + MANUAL).replace(b"area", b"acreage"))
    client.post(f"/migrations/{planned}/plan/")
    assert "acreage" in client.get(path).content.decode()

    assert client.post(path, form | {"decision.root": "custom", "new-name.area": "surface"}).status_code == 302

    assert Migration.objects.get(pk=planned).parameters == KEEP | {"edits": {"root": None}}

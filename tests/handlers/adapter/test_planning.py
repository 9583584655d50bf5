import json

from migrations_app.engine.plan import content_digest
from migrations_app.handlers.adapter.cache import ArtifactCache
from migrations_app.handlers.adapter.planning import analyse, looked_at
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop


def test_what_a_person_reads_of_it(shop: Shop) -> None:
    shop.parameters = {"renames": {"root": "math_root"}, "cleanup_old_adapter": True}
    found = analyse(shop.spec)
    state = found.target_state["adapter"]

    assert json.loads(json.dumps(found.target_state)) == found.target_state
    assert (state["adapter"], state["serves_as"]) == ("shop.adapter.Shop", "generic_adapter.GenericAdapter")
    assert [(tool["name"], tool["new_name"], tool["served"]) for tool in state["tools"]] == [
        ("area", "area", True),
        ("root", "math_root", True),
    ]
    assert state["removed"] == ["shop/adapter.py"]
    counted = {one["path"]: (one["added"], one["removed"]) for one in state["rewrites"]}
    assert counted["client/room.py"] == counted["client/show.py"] == (2, 2)
    assert set(counted) == {section["file"] for section in state["comparison"]["sections"]}
    assert found.fingerprints["project"]["sha256"] == state["binds"]["project"]
    assert content_digest(state["binds"]) == content_digest(analyse(shop.spec).target_state["adapter"]["binds"])


def test_the_whole_analysis_is_in_the_cache_by_its_digest(shop: Shop) -> None:
    summary = analyse(shop.spec).target_state["adapter"]["analysis"]

    kept = ArtifactCache(shop.artifacts).get(summary["digest"])

    assert kept is not None
    assert json.loads(kept)["digest"] == summary["digest"]
    assert looked_at(shop.targets["project"], shop.artifacts)[1].digest == summary["digest"]


def test_what_cannot_be_read_or_made_is_an_error_of_the_state(shop: Shop) -> None:
    shop.parameters = {"adapter": "nobody.Nobody"}
    assert analyse(shop.spec).target_state["adapter"]["error"]["problems"][0][0] == "parameters.adapter"

    shop.place = shop.place / "nowhere"
    assert "is not there" in analyse(shop.spec).target_state["adapter"]["error"]["message"]


def test_warnings_say_what_is_left_to_a_person(shop: Shop) -> None:
    shop.lay(
        shop__adapter_dot_py=ADAPTER + MANUAL,
        client__room_dot_py=b"",
        client__show_dot_py=b"",
        config__config_dot_exs=b"import Config\n",
    )
    shop.parameters = {"manual_tools": "keep_custom"}
    (shop.root / "out.py").symlink_to("/etc/hostname")

    said = analyse(shop.spec).warnings

    assert [sentence.partition(" ")[0] for sentence in said] == ["Nothing", "The", "Not"]

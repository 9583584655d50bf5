import pytest

from tests.configuration.rules.one_rule import applied, said, walked
from tests.configuration.sources import elixir, files

KEYWORD = """\
pools: [
  # the only one
  default: [
    size: 4, # enough
    max_overflow: 2,
    adapter: Snakepit.Adapters.GRPCPython
  ],
  other: [size: System.schedulers_online()]
]"""
MAPS = """\
pools: [
  # the only one
  %{
    name: :default,
    pool_size: 4, # enough
    adapter_module: Snakepit.Adapters.GRPCPython
  },
  %{name: :other, pool_size: System.schedulers_online()}
]"""


def test_keyword_pools_become_maps_and_keep_their_comments():
    assert applied("keyword-pools", KEYWORD) == MAPS
    assert applied("keyword-pools", MAPS) == MAPS


@pytest.mark.parametrize("odd", ["pools: [{:default, [size: 4]}]", "pools: [default: settings()]"])
def test_what_cannot_be_taken_apart_safely_is_left_to_a_person(odd):
    assert said("keyword-pools", odd)[-1] == ("manual", "pools", 3)
    assert applied("keyword-pools", odd) == odd.replace("size", "pool_size")


@pytest.mark.parametrize(
    ("before", "after", "manner"),
    [
        ("pool_size: 9,\npool_config: %{pool_size: 4}", "pool_config: %{pool_size: 4}", "automatic"),
        ("pool_size: 9,\npool_config: %{max_workers: 4}", "pool_size: 9,\npool_config: %{max_workers: 4}", "warn"),
        ("pool_size: 9", "pool_size: 9", "warn"),
    ],
)
def test_the_size_that_held_is_the_one_that_stays(before, after, manner):
    assert applied("one-size", before, origin="0.12.0") == after
    assert said("one-size", before, origin="0.12.0") == [(manner, "pool_size", 3)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pool_size: 9", "pool_config: %{pool_size: 9}"),
        ("pool_size: 9,\npool_config: %{pool_size: 4}", "pool_config: %{pool_size: 9}"),
        ("pool_config: %{max_workers: 4},\npool_size: 9", "pool_config: %{max_workers: 4, pool_size: 9}"),
        ("pools: [%{name: :a}],\npool_size: 9", "pools: [%{name: :a}],\npool_size: 9"),
    ],
)
def test_on_the_way_down_a_top_level_size_moves_to_where_it_counts(before, after):
    assert applied("one-size", before, origin="0.13.0", to="0.12.0") == after


def test_the_pool_becomes_a_list_of_one_with_its_comments_and_back():
    one = "pool_config: %{\n  # two each\n  pool_size: System.schedulers_online() * 2\n}"

    named = applied("name-the-pool", one)
    listed = applied("list-the-pool", named)
    assert "  # two each" in listed
    assert listed.startswith("pools: [")
    assert applied("list-the-pool", listed) == listed
    back = applied("list-the-pool", listed, origin="0.13.0", to="0.12.0")
    assert applied("name-the-pool", back, origin="0.13.0", to="0.12.0") == one


@pytest.mark.parametrize(
    "left", ["pool_config: [pool_size: 1]", "pool_config: made()", "pool_config: %{pool_size: 1},\npools: []"]
)
def test_what_is_no_single_pool_stays(left):
    assert applied("name-the-pool", left) == left
    assert applied("list-the-pool", left) == left


def test_all_environments_are_listed_at_once():
    one = "pool_config: %{name: :default, pool_size: 9}"
    texts = {
        "config.exs": f'import Config\nconfig :snakepit, {one}\nimport_config "b.exs"\n',
        "b.exs": "import Config\nconfig :snakepit, pool_config: %{name: :default, pool_size: 1}\n",
    }

    walk = walked("list-the-pool", files(texts), "0.12.0", "0.13.0")

    assert [hunk.file for hunk in walk.hunks] == ["b.exs", "config.exs"]
    assert b"pool_config" not in b"".join(walk.content.values())


def test_what_pool_config_dropped_begins_to_count():
    given = "pool_config: %{\n  pool_size: 2,\n  adapter_env: [],\n  heartbeat: %{}\n}"

    assert said("whole-pool-config", given, origin="0.8.0", to="0.12.0") == [
        ("warn", "pool_config.adapter_env", 5),
        ("warn", "pool_config.heartbeat", 6),
    ]


def test_there_is_no_way_back_from_several_pools():
    walk = walked("several-pools", elixir("pools: [%{name: :a}, %{name: :b}]"), "0.13.0", "0.5.1")

    assert [(rule.id, one.key, one.at.line) for rule, one in walk.blocked] == [("several-pools", "pools", 3)]

import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import Edit
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.reading import read
from migrations_app.configuration.rules.ground import Change, Wish
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.rules.walk import BY_HAND, RuleGoesOn, Walk
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir, files


def walk(configuration, *rules: Rule) -> Walk:
    found = Walk(
        configuration,
        Version("0.8.0"),
        Version("0.9.0"),
        editor_of,
        lambda content: read("config.exs", content["config.exs"], content.get),
    )
    found.go(rules)
    return found


def removing(key: str) -> Rule:
    def forward(ground):
        return [Change(key, one.span, ground.remove(one)) for one in ground.of(key)]

    return Rule(f"no-{key}", "0.9.0", Manner.AUTOMATIC, "t", "It is gone.", forward)


def test_changes_are_made_one_by_one_with_a_reading_between():
    after = walk(elixir("a: 1,\na_b: 2,\nc: 3"), removing("a"), removing("c"))

    assert after.content["config.exs"] == b"import Config\nconfig :snakepit,\n  a_b: 2\n"
    assert [hunk.key for hunk in after.hunks] == ["a", "c"]


def test_what_the_editor_refuses_is_left_to_a_person():
    two = files({"config.exs": "import Config\nx = 1; config :snakepit, a: 1\n"})

    after = walk(two, removing("a"))

    assert after.content["config.exs"] == b"import Config\nx = 1; config :snakepit, a: 1\n"
    assert [(hunk.manner, hunk.reason) for hunk in after.hunks] == [(Manner.MANUAL, f"It is gone. {BY_HAND}")]


def test_a_rule_that_never_ends_is_a_named_mistake():
    endless = Rule(
        "endless",
        "0.9.0",
        Manner.AUTOMATIC,
        "t",
        "r.",
        lambda ground: [Change("a", one.span, ground.replace(one.value, 1)) for one in ground.of("a")],
    )

    with pytest.raises(RuleGoesOn, match="The rule endless does not come to an end"):
        walk(elixir("a: 1"), endless)


def test_a_change_after_which_nothing_could_be_read_is_not_made():
    def forward(ground):
        breaking = Wish("config.exs", lambda editor: (Edit("config.exs", 0, 0, b"config :snakepit, ("),))
        return [Change("a", one.span, (breaking,)) for one in ground.of("a")]

    given = elixir("a: 1")

    after = walk(given, Rule("breaks", "0.9.0", Manner.AUTOMATIC, "t", "It breaks.", forward))

    assert after.configuration == given
    assert [hunk.manner for hunk in after.hunks] == [Manner.MANUAL]

from migrations_app.handlers.adapter.mapping.symbols import Recipe


def test_steps_are_named_once_and_stand_where_they_are_put():
    recipe = Recipe()
    first = recipe.emit({"call": "math.sqrt"})
    second = recipe.emit({"value": {"argument": "x"}}, at=0)

    assert (first.value, second.value) == ({"step": "v1"}, {"step": "v2"})
    assert [step["as"] for step in recipe.steps] == ["v2", "v1"]
    assert first.settled

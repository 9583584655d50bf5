from migrations_app.routing.environment import variable, with_variable


def test_a_variable_is_read_when_it_is_asked_for(monkeypatch):
    assert variable("NOT_SET_ANYWHERE") is None
    monkeypatch.setenv("SET_NOW", "x")
    assert variable("SET_NOW") == "x"


def test_a_program_gets_one_more(monkeypatch):
    monkeypatch.setenv("SET_NOW", "x")

    given = with_variable("MORE", "y")

    assert (given["SET_NOW"], given["MORE"]) == ("x", "y")
    assert variable("MORE") is None

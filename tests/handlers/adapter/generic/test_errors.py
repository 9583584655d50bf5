from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused, UnknownTool, WrongArguments


def test_a_refusal_says_every_problem_and_that_nothing_is_served():
    refused = ConfigurationRefused(("a: it is missing.", "b: it is wrong."))

    assert refused.problems == ("a: it is missing.", "b: it is wrong.")
    assert "no tool is served" in str(refused)
    assert "- a: it is missing.\n- b: it is wrong." in str(refused)


def test_callers_catch_them_as_what_a_custom_adapter_raised():
    assert issubclass(WrongArguments, TypeError)
    assert issubclass(UnknownTool, AttributeError)

from migrations_app.services.errors import Conflict, InvalidInput, NotFound, Problem, StaleEdit


def test_one_problem_speaks_for_itself():
    refused = InvalidInput([Problem("title", "It is missing.", "Fill it in.")])

    assert (refused.message, refused.fix, refused.code) == ("It is missing.", "Fill it in.", "invalid_input")


def test_several_problems_are_named_by_their_fields():
    refused = InvalidInput([Problem("a", "x"), Problem("b", "y"), Problem("a", "z")])

    assert refused.message == "Please look at: a, b."
    assert len(refused.details["problems"]) == 3


def test_a_conflict_carries_its_reason_and_details():
    refused = Conflict("no", "wait", reason="run_under_way", run=7)

    assert refused.details == {"reason": "run_under_way", "run": 7}


def test_details_are_copied():
    details = {"version": 2}

    assert StaleEdit("changed", details=details).details is not details
    assert not NotFound("nothing").hidden


def test_problems_hide_what_may_be_secret():
    (problem,) = InvalidInput([Problem("config", "redis://u:hunter22@h", "not redis://u:hunter22@h")]).problems

    assert (problem.message, problem.fix) == ("redis://u:•••@h", "not redis://u:•••@h")

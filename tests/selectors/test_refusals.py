from migrations_app.selectors.refusals import NotFound, PermissionDenied, Refused


def test_a_refusal_says_what_and_what_next():
    refused = PermissionDenied("You may not.", "Ask an admin.", details={"role": "operator"})

    assert (str(refused), refused.fix, refused.code) == ("You may not.", "Ask an admin.", "permission_denied")
    assert isinstance(refused, Refused)
    assert refused.details == {"role": "operator"}


def test_what_is_hidden_says_so_to_the_trail_only():
    assert NotFound("nothing", hidden=True).hidden
    assert not NotFound("nothing").hidden

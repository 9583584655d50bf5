from migrations_app.engine.hiding import remember
from migrations_app.selectors.refusals import NotFound, PermissionDenied, Refused


def test_a_refusal_says_what_and_what_next():
    refused = PermissionDenied("You may not.", "Ask an admin.", details={"role": "operator"})

    assert (str(refused), refused.fix, refused.code) == ("You may not.", "Ask an admin.", "permission_denied")
    assert isinstance(refused, Refused)
    assert refused.details == {"role": "operator"}


def test_what_is_hidden_says_so_to_the_trail_only():
    assert NotFound("nothing", hidden=True).hidden
    assert not NotFound("nothing").hidden


def test_what_may_be_secret_is_in_no_part_of_a_refusal():
    remember("correct horse battery")
    said = "redis://u:hunter22@h answered correct horse battery"
    refused = Refused(said, said, details={"tried": [said], "version": 3})

    for text in (str(refused), refused.message, refused.fix, str(refused.details)):
        assert "redis://u:•••@h answered •••" in text
        assert "hunter22" not in text
        assert "correct horse" not in text
    assert refused.details["version"] == 3

from migrations_app.engine.vocabulary import Role
from migrations_app.web.account_words import role_meaning


def test_every_role_is_explained() -> None:
    assert all(role_meaning(f"{role} in staging") for role in Role)
    assert role_meaning("somebody else") == ""

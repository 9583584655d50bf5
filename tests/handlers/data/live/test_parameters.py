from migrations_app.handlers.data.live.parameters import roles


def test_roles_are_named_with_commas_between_them():
    assert roles({"write_roles": " clerk, web ,,"}) == ["clerk", "web"]
    assert roles({"write_roles": ""}) == []

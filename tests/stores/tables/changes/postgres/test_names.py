from migrations_app.stores.tables.changes.postgres.names import function_name, table_name


def test_names_are_quoted_with_their_schema():
    assert table_name("a b", 'c"d').as_string(None) == '"a b"."c""d"'
    assert function_name(3).as_string(None) == '"snakeweb_changes"."changed_3"'

from migrations_app.configuration.values import Atom, Entry, Form, Literal, Span, Table

HERE = Span("config.exs", 0, 0, 1, 1)


def table(form: Form) -> Table:
    return Table(tuple(Entry(Literal(Atom("name"), HERE), Literal(n, HERE), HERE) for n in (1, 2)), form, HERE)


def test_the_last_of_a_key_holds_in_a_map_and_the_first_in_a_keyword_list():
    values = [table(form).get("name").value.value for form in (Form.MAP, Form.KEYWORD)]

    assert values == [2, 1]
    assert table(Form.MAP).get("other") is None

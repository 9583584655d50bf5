from migrations_app.handlers.adapter.facts import Lines


def test_lines_as_an_editor_takes_them():
    assert str(Lines("a/b.py", 3, 3)) == "a/b.py:3"
    assert str(Lines("a/b.py", 3, 5)) == "a/b.py:3-5"

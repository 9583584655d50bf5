import pytest

from tests.handlers.adapter.reading import HEAD, by_entry, codes, mapped


@pytest.mark.parametrize(
    ("signature", "code"),
    [("self, x=[]", "default"), ("self, x=LIMIT", "default"), ("self, *x", "expression"), ("self, x, /", "expression")],
)
def test_parameters_that_no_entry_has(tmp_path, signature, code):
    assert code in codes(mapped(tmp_path, "return 1", signature=signature, before="LIMIT = 1"))


def test_arguments_bind_as_keywords_do(tmp_path):
    mapping = mapped(tmp_path, "return [x, y, more]", signature="self, x, *, y=-1.5, **more")

    assert by_entry(mapping, {"x": 1, "z": 2}) == ("answered", "[1, -1.5, {'z': 2}]")
    assert by_entry(mapping, {"y": 1}) == ("raised", "TypeError")


@pytest.mark.parametrize("call", ["self.both(x, b=y)", "self.both(b=y, a=x)", "self.both(x)", "both(x, y)"])
def test_a_function_of_the_project_binds_as_python_does(tmp_path, call):
    head = f"{HEAD}\n    def both(self, a, b=3):\n        return [a, b]\n"
    expected = "[5, 3]"

    mapping = mapped(tmp_path, f"return {call}", head=head, before="def both(a, b):\n    return [a, b]\n")

    assert by_entry(mapping, {"x": 5, "y": 3}) == ("answered", expected)


@pytest.mark.parametrize("call", ["self.both()", "self.both(x, y, x)", "self.both(x, c=y)", "self.both(*x)"])
def test_what_does_not_fit_is_left_to_a_person(tmp_path, call):
    head = f"{HEAD}\n    def both(self, a, b=3):\n        return [a, b]\n"

    assert "expression" in codes(mapped(tmp_path, f"return {call}", head=head))

from migrations_app.handlers.adapter.project.adapters import classes
from migrations_app.handlers.adapter.project.attributes import EVERY, attributes_of
from tests.handlers.adapter.reading import project_of

CODE = """
class B:
    rate = 1

class A(B):
    def __init__(self):
        self.limit = 3
        self.seen = []

    def f(self):
        self.limit = 4
        self.seen.append(1)
        self.table["a"] = 1
        self.names.get("a")
        setattr(self, "x", 1)
"""


def test_where_attributes_are_set_and_to_what():
    project = project_of(a=CODE)
    [found] = [one for one in classes(project) if one.name == "A"]

    attributes = attributes_of(project, found)

    assert {name: [value and value.lineno for _, value in found] for name, found in attributes.items()} == {
        "rate": [3],
        "limit": [7, None],
        "seen": [8, None],
        "table": [None],
        EVERY: [None],
    }

import pytest

from migrations_app.handlers.adapter.facts import Form
from migrations_app.handlers.adapter.project.adapters import candidates, classes, form_of, tool_decorator
from migrations_app.handlers.adapter.project.names import Class, Project
from tests.handlers.adapter.reading import project_of


def only(code: str) -> tuple[Project, Class]:
    project = project_of(a=code)
    [found] = [one for one in classes(project) if one.name == "A"]
    return project, found


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("class A(BaseAdapter): ...", Form.BASE),
        ("class A(base_adapter.BaseAdapter): ...", Form.BASE),
        ("class A(ThreadSafeAdapter): ...", Form.THREAD_SAFE),
        ("class A(BaseCommandHandler): ...", Form.COMMANDS),
        ("class A:\n    def _register_commands(self): ...", Form.COMMANDS),
        ("class A:\n    async def execute_tool(self): ...", Form.PLAIN),
        ("class B(BaseAdapter): ...\nclass A(B): ...", Form.BASE),
        ("class A:\n    def other(self): ...", None),
    ],
)
def test_what_makes_an_adapter(code, form):
    assert form_of(*only(code)) is form


def test_snakepits_own_bases_are_none():
    project = project_of(a="class BaseAdapter:\n    def execute_tool(self): ...")

    assert [form_of(project, one) for one in classes(project)] == [None]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("if n == 'a': ...\nelif 'b' == n: ...\nelif n in ['c', 'd']: ...", "abcd"),
        ("match n:\n    case 'a': ...\n    case 'b' | 'c': ...\n    case _: ...", "abc"),
        ("return {'a': 1, 'b': 2}[n]", "ab"),
        ("t = {'a': 1}\nreturn t.get(n, None)", "a"),
        ("return self.table[n]", "xy"),
        ("return A.table[n]", "xy"),
        ("return TABLE.get(n)", "z"),
        ("return getattr(self, 'do_' + n)()", "m"),
        ("return getattr(self, f'do_{n}')()", "m"),
        ("return n", ""),
    ],
)
def test_names_that_are_dispatched(body, names):
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    before = "TABLE = {'z': 1}\nclass A:\n    table = {'x': 1, 'y': 2}\n"
    code = f"{before}    def execute_tool(self, n, args, ctx):\n{lines}\n    def do_m(self): ...\n"

    assert "".join(one.name for one in candidates(*only(code), Form.PLAIN)) == names


def test_a_decorator_says_more():
    project, found = only(
        "class A:\n    @base.tool('Does it.', supports_streaming=True)\n    def t(self): ...\n    def u(self): ..."
    )
    [tool] = candidates(project, found, Form.BASE)

    assert (tool.name, tool.description, tool.says_streaming) == ("t", "Does it.", True)
    assert [tool_decorator(node) is not None for node in found.own()] == [True, False]

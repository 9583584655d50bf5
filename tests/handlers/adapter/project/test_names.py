from migrations_app.handlers.adapter.project.names import Class, Project
from tests.handlers.adapter.reading import project_of


def the(project: Project, path: str, name: str) -> Class:
    found = project.find_class(name, project.modules[path])
    assert found is not None
    return found


def test_imports_lead_to_the_projects_modules_as_python_looks_for_them():
    project = project_of(pkg__init="", pkg__a="", pkg__sub__b="", c="", other__c="")
    a = project.modules["pkg/a.py"]

    def path(name, level=0, seen_from=a):
        found = project.module(name, seen_from=seen_from, level=level)
        return found and found.path

    assert path("pkg.sub.b") == "pkg/sub/b.py"
    assert path("sub.b", level=1) == "pkg/sub/b.py"
    assert path("", level=1) == "pkg/__init__.py"
    assert path("c") == "c.py"
    assert path("c", seen_from=project.modules["other/c.py"]) == "other/c.py"
    assert path("numpy") is None
    assert project.is_own("pkg.nothing", seen_from=a)
    assert not project.is_own("json", seen_from=a)


def test_a_file_that_is_named_like_a_library_counts_where_it_would_be_found():
    project = project_of(a="", json="", deep__statistics="")

    assert project.is_own("json", seen_from=project.modules["a.py"])
    assert not project.is_own("statistics", seen_from=project.modules["a.py"])


def test_lineage_and_methods():
    project = project_of(
        base="class B:\n    def f(self): ...\n    def g(self): ...\n",
        mine="import base\nfrom base import B as C\nclass A(C):\n    def f(self): ...\nclass D(base.B, A): ...\n",
    )
    a, d = the(project, "mine.py", "A"), the(project, "mine.py", "D")

    assert [one.name for one in project.lineage(a)] == ["A", "B"]
    assert [one.name for one in project.lineage(d)] == ["D", "B", "A"]
    named = {name: project.method(a, name) for name in "fgh"}

    assert (named["f"].name, named["g"].name) == ("A.f", "B.g")
    assert project.method(a, "f", after=a).name == "B.f"
    assert named["h"] is None


def test_bases_that_nobody_can_look_into():
    project = project_of(
        a="from x import Y\nfrom snakepit_bridge.base_adapter import BaseAdapter\nclass A(BaseAdapter, Y, object): ..."
    )

    assert project.foreign_bases(the(project, "a.py", "A")) == ["Y"]


def test_bases_in_a_circle_end():
    project = project_of(a="from b import B\nclass A(B): ...", b="from a import A\nclass B(A): ...")

    assert [one.name for one in project.lineage(the(project, "a.py", "A"))] == ["A", "B"]


def test_the_name_for_the_command_line():
    project = project_of(priv__pkg__init="", priv__pkg__a="", b="")

    assert project.dotted_name(project.modules["priv/pkg/a.py"]) == "pkg.a"
    assert project.dotted_name(project.modules["b.py"]) == "b"


def test_what_is_replaced_anywhere():
    assert project_of(a="import math\nmath.sqrt = 1", b="x = 1").replaced == {"sqrt"}

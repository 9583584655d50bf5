import pytest

from migrations_app.handlers.adapter.facts import EffectKind
from migrations_app.handlers.adapter.project.adapters import classes
from migrations_app.handlers.adapter.project.reach import Reach, complexity
from tests.handlers.adapter.reading import project_of

IMPORTS = """import os, random, time, socket, subprocess, threading, uuid
from datetime import datetime
import numpy as np
STATE = {}
LIMIT = 1
"""
WAYS = """def f(x):
    if x and y or z:
        return [a for a in x]
    for b in x: pass
    try: pass
    except E: pass
    return lambda: 1 if x else 2
"""


def effects(body: str) -> set[tuple[EffectKind, str]]:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    project = project_of(
        a=f"{IMPORTS}class A:\n    def t(self, x, ctx):\n{lines}\n    def other(self):\n        os.remove('x')\n"
    )
    [found] = classes(project)
    reach = Reach(project)
    return {(one.kind, one.what) for one in reach.effects(reach.of(found, project.method(found, "t")))}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("open(x)", {(EffectKind.FILES, "open")}),
        ("x.write_text('a')", {(EffectKind.FILES, ".write_text")}),
        ("self.other()", {(EffectKind.FILES, "os.remove")}),
        ("socket.create_connection(x)", {(EffectKind.NETWORK, "socket.create_connection")}),
        ("os.system(x)", {(EffectKind.SUBPROCESS, "os.system")}),
        ("os.environ['A']", {(EffectKind.ENVIRONMENT, "os.environ")}),
        ("np.random.rand(3)", {(EffectKind.RANDOMNESS, "numpy.random.rand")}),
        ("uuid.uuid4()", {(EffectKind.RANDOMNESS, "uuid.uuid4")}),
        ("time.time()\ndatetime.now()", {(EffectKind.TIME, "time.time"), (EffectKind.TIME, "datetime.datetime.now")}),
        ("threading.Thread(target=x)", {(EffectKind.THREADS, "threading.Thread")}),
        ("eval(x)", {(EffectKind.CODE, "eval")}),
        ("ctx.get(x)", {(EffectKind.SESSION, "ctx")}),
        ("x.call_elixir_tool('a')", {(EffectKind.ELIXIR, "call_elixir_tool")}),
        ("STATE[x] = 1", {(EffectKind.STATE, "STATE")}),
        ("STATE.update(x)", {(EffectKind.STATE, "STATE")}),
        ("self.count += 1", {(EffectKind.STATE, "self.count")}),
        ("self.seen.append(x)", {(EffectKind.STATE, "self.seen")}),
        ("global LIMIT\nLIMIT = x", {(EffectKind.STATE, "LIMIT")}),
        ("import shutil\nshutil.rmtree(x)", {(EffectKind.FILES, "shutil.rmtree")}),
        ("STATE = {}\nSTATE[x] = 1", set()),
        ("found = []\nfound.append(x)\nreturn os.path.join(x, 'a')", set()),
        ("return np.mean(x)", set()),
    ],
)
def test_effects_that_show_in_the_code(body, expected):
    assert effects(body) == expected


def test_complexity_counts_ways_through_the_code():
    project = project_of(a=WAYS)

    assert complexity(project.modules["a.py"].likely("f")) == 7


def test_functions_of_other_modules_are_reached_once():
    project = project_of(
        a="import b\nfrom b import g\nclass A:\n    def t(self):\n        b.f()\n        g()\n        self.t()",
        b="def f(): g()\ndef g(): ...",
    )
    [found] = classes(project)

    assert sorted(one.name for one in Reach(project).of(found, project.method(found, "t"))) == ["A.t", "f", "g"]

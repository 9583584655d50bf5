"""Tools by chance: functions made of what an entry can say, and arguments for them."""

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
CONSTANTS = ("0", "1", "-2", "3", "2.5", "'x'", "'a,b'", "''", "None", "True", "b'z'", "f'<{a}>'", "f'{b!r:>4}{c}'")
UNARY = (
    "str({})",
    "int({})",
    "float({})",
    "bool({})",
    "list({})",
    "len({})",
    "abs({})",
    "sorted({})",
    "round({})",
    "math.sqrt({})",
    "math.floor(float({}))",
    "json.dumps({})",
    "json.loads({})",
    "({}).upper()",
    "({}).split(',')",
    "({}).encode()",
    "({})[0]",
    "({})['k']",
    "({})[::-1]",
    "({}).real",
    "-({})",
    "not ({})",
    "[{}]",
    "({},)",
    "{{'k': {}}}",
    "[str(one) for one in {}]",
    "self._twice({})",
    "helper(1, second={})",
)
BINARY = (
    "({}) + ({})",
    "({}) - ({})",
    "({}) * ({})",
    "({}) / ({})",
    "({}) % ({})",
    "({}) == ({})",
    "({}) < ({})",
    "({}) in ({})",
    "({})[{}]",
    "min({}, {})",
    "math.hypot({}, {})",
    "round({}, ndigits={})",
    "({}).count({})",
    "[{}, {}]",
    "{{'k': {}, 'l': {}}}",
    "helper({}, {})",
    "math.dist(*[{}, {}])",
)
STATEMENTS = ("{} = {}", "{} += {}", "{}.append({})", "if {0} is None:\n    {0} = 5", "{} = {{'k': 1, 'l': {}}}")

HEAD = """
import json
import math

from snakepit_bridge.base_adapter import BaseAdapter, tool


def helper(first, second=2):
    both = [first, second]
    return both


class A(BaseAdapter):
    def _twice(self, value):
        return value + value
"""
ENTRIES = {
    "keywords": "        return self.call_tool(tool_name, **arguments)",
    "mapping": "        if tool_name == 't':\n"
    "            return self.t(arguments['a'], arguments.get('b', 7), c=arguments.get('c'))",
}

expressions = st.recursive(
    st.sampled_from((*NAMES, *NAMES, *CONSTANTS)),
    lambda inner: st.one_of(
        st.builds(lambda form, one: form.format(one), st.sampled_from(UNARY), inner),
        st.builds(lambda form, one, two: form.format(one, two), st.sampled_from(BINARY), inner, inner),
    ),
    max_leaves=6,
)
statements = st.builds(
    lambda form, name, value: form.format(name, value), st.sampled_from(STATEMENTS), st.sampled_from(NAMES), expressions
)
scalars = st.sampled_from((0, 1, -3, 2.5, "x", "a,b", "12", "[1]", "", None, True))
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(("k", "l")), scalars, max_size=2)
arguments = st.dictionaries(st.sampled_from((*NAMES, *NAMES, "unknown")), values, max_size=3)


@st.composite
def adapters(draw: st.DrawFn) -> str:
    """The code of an adapter with one tool, `t`."""
    body = [line for one in draw(st.lists(statements, max_size=4)) for line in one.splitlines()]
    body.append(f"return {draw(expressions)}")
    lines = "\n".join(f"        {line}" for line in body)
    entry = ENTRIES[draw(st.sampled_from(sorted(ENTRIES)))]
    dispatch = f"    def execute_tool(self, tool_name, arguments, context):\n{entry}\n"
    return f"{HEAD}\n{dispatch}\n    @tool()\n    def t(self, a, b=7, c=None):\n{lines}\n"

import pytest

from tests.sources.asking import found

ENHANCED = "snakepit_bridge.adapters.enhanced"
PYTHON = [
    ("from snakepit_bridge.core import X", "snakepit_bridge.core", "module_gone", "breaks", "0.3.1", "0.4.0"),
    (
        "import snakepit_bridge.adapters.enhanced",
        "snakepit_bridge.adapters.enhanced",
        "module_gone",
        "breaks",
        "0.4.0",
        "0.4.2",
    ),
    (
        "from snakepit_bridge.adapters import enhanced",
        "snakepit_bridge.adapters.enhanced",
        "module_gone",
        "breaks",
        "0.4.0",
        "0.4.2",
    ),
    (
        "from snakepit_bridge.session_context import VariableProxy",
        "snakepit_bridge.session_context.VariableProxy",
        "function_gone",
        "breaks",
        "0.4.3",
        "0.5.0",
    ),
    (
        "class A:\n def execute_tool(self, t, a, context): return context.get_variable('x')",
        "snakepit_bridge.session_context.SessionContext.get_variable",
        "function_gone",
        "breaks",
        "0.4.3",
        "0.5.0",
    ),
    ("class A(BaseAdapter): ...", "A", "adapter_must_be_thread_safe", "differs", "0.6.9", "0.6.10"),
    ("print(f'GRPC_READY:{port}')", "print(“GRPC_READY…”)", "ready_by_file", "breaks", "0.8.0", "0.8.1"),
    (
        "import pickle\nclass A(BaseAdapter):\n def f(self, x): return pickle.loads(x)",
        "pickle.loads",
        "binary_is_bytes",
        "breaks",
        "0.8.4",
        "0.8.5",
    ),
    (
        "class A:\n def execute_tool(self, t, a, c): ...",
        "A.execute_tool",
        "sync_tools_in_threads",
        "differs",
        "0.9.0",
        "0.9.1",
    ),
]


@pytest.mark.parametrize(
    ("code", "subject", "change", "weight", "before", "since"), PYTHON, ids=[p[2] + p[1] for p in PYTHON]
)
def test_python_is_told_of_a_change_when_the_way_crosses_it(code, subject, change, weight, before, since):
    assert (change, weight, subject) in [one[1:] for one in found("a.py", code, before, since)]
    assert found("a.py", "import os\nprint('x')\ncontext.get_variable(1)", before, since) == []


@pytest.mark.parametrize(
    "code",
    [
        "class A(ThreadSafeAdapter): ...",
        "class A(BaseAdapter):\n __thread_safe__ = True",
        "class A(BaseAdapter):\n __thread_safe__ = True\n async def execute_tool(self): ...",
        "import pickle\npickle.loads(b'')",
    ],
)
def test_adapters_that_are_ready_for_it_are_left_in_peace(code):
    assert found("a.py", code, "0.6.9", "0.13.0") == []

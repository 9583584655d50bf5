import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrations_app.handlers.adapter import generic
from migrations_app.handlers.adapter.generic import GenericAdapter
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused, ToolRefused, UnknownTool

DOCUMENT = {
    "format": 1,
    "allow": {"functions": ["math.sqrt"]},
    "tools": [
        {
            "name": "root",
            "description": "A square root.",
            "arguments": [{"name": "x", "type": "float", "default": 4}],
            "steps": [{"as": "r", "call": "math.sqrt", "args": [{"argument": "x"}]}],
            "result": {"step": "r"},
        }
    ],
    "refused": {"numbers": "It streams."},
}

BARE = """
import sys, json
from copied import GenericAdapter
adapter = GenericAdapter()
adapter.set_session_context(object())
print(json.dumps([adapter.execute_tool(tool_name="root", arguments={"x": 9}, context=None), adapter.get_tools()]))
outside = {getattr(module, "__file__", "") or "" for name, module in sys.modules.items()}
assert not any("site-packages" in path or "migrations_app" in path for path in outside), outside
"""


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(DOCUMENT))
    monkeypatch.setenv("SNAKEPIT_GENERIC_ADAPTER", str(path))
    return path


def test_it_serves_and_describes_its_tools(file):
    adapter = GenericAdapter()

    assert adapter.execute_tool("root", {"x": 9}, None) == 3
    assert adapter.execute_tool(tool_name="root", arguments={}, context=None) == 2
    assert adapter.get_tools() == [
        {
            "name": "root",
            "description": "A square root.",
            "parameters": [{"name": "x", "type": "float", "required": False, "default": 4}],
            "supports_streaming": False,
        }
    ]


def test_what_it_does_not_serve_is_said_with_the_reason(file):
    adapter = GenericAdapter()

    with pytest.raises(ToolRefused, match="'numbers' is not served by the generic adapter: It streams"):
        adapter.execute_tool("numbers", {}, None)
    with pytest.raises(UnknownTool, match=r"no tool 'other'.*There are: root"):
        adapter.execute_tool("other", {}, None)


def test_a_file_may_be_given_instead_of_the_variable(file, monkeypatch):
    monkeypatch.setenv("SNAKEPIT_GENERIC_ADAPTER", "/nowhere")

    assert GenericAdapter(str(file)).execute_tool("root", {"x": 9}) == 3


def test_a_file_that_changed_is_read_again(file):
    GenericAdapter()
    changed = DOCUMENT | {"tools": [], "refused": {"root": "It has gone."}}
    file.write_text(json.dumps(changed))

    with pytest.raises(ToolRefused, match="It has gone"):
        GenericAdapter().execute_tool("root", {}, None)


def test_no_file_and_no_such_file(tmp_path, monkeypatch):
    monkeypatch.delenv("SNAKEPIT_GENERIC_ADAPTER", raising=False)
    with pytest.raises(ConfigurationRefused, match="set SNAKEPIT_GENERIC_ADAPTER"):
        GenericAdapter()

    class Mine(GenericAdapter):
        configuration_file = str(tmp_path / "missing.json")

    with pytest.raises(ConfigurationRefused, match=r"missing\.json cannot be read: No such file"):
        Mine()


def test_a_copy_of_the_folder_works_in_a_bare_interpreter(file, tmp_path):
    shutil.copytree(Path(generic.__file__).parent, tmp_path / "copied", ignore=shutil.ignore_patterns("__pycache__"))

    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{BARE}"],
        env={"SNAKEPIT_GENERIC_ADAPTER": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    root, tools = json.loads(ended.stdout)
    assert root == 3
    assert tools[0]["name"] == "root"

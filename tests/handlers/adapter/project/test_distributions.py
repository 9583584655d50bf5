from migrations_app.handlers.adapter.project.distributions import distributions
from tests.handlers.adapter.reading import project_of


def test_each_module_of_others_and_where_that_is_known_from():
    project = project_of(
        a="import numpy as np\nimport json, yaml\nfrom PIL import Image\nimport mine\nimport nobody.inside\n"
        "from google import genai\n"
        "from snakepit_bridge.base_adapter import tool\nimport found",
        mine="",
    )
    requirements = {
        "requirements.txt": b"NumPy>=1.26  # arrays\n-r other.txt\nPillow==10 --hash=sha256:0\n",
        "pyproject.toml": b'[project]\ndependencies = ["pyyaml"]\n'
        b'[project.optional-dependencies]\nx = ["google-genai"]\n',
    }

    found = {one.module: one for one in distributions(project, requirements, {"found": ["Found-Dist"]})}

    assert {name: (one.name, one.known_by) for name, one in found.items()} == {
        "numpy": ("numpy", "requirements.txt"),
        "yaml": ("pyyaml", "pyproject.toml"),
        "PIL": ("pillow", "requirements.txt"),
        "nobody": (None, "unknown"),
        "google.genai": ("google-genai", "pyproject.toml"),
        "found": ("found-dist", "installed"),
    }
    assert found["numpy"].requirement == "NumPy>=1.26"
    assert str(found["numpy"].lines) == "a.py:1"


def test_a_broken_pyproject_says_nothing():
    project = project_of(a="import yaml")

    for content in (b"[", b"project = 1", b"[project]\ndependencies = 3", b"\xff"):
        [found] = distributions(project, {"pyproject.toml": content}, {})
        assert (found.name, found.known_by) == ("pyyaml", "known name")

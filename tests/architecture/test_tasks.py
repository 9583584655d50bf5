import ast
import re

from snakeweb.celery import app
from tests.architecture.sources import python_files, tree

TASK_NAME = re.compile(r"^snakeweb\.[a-z_]+$")


def test_every_task_name_that_is_dispatched_is_registered():
    app.loader.import_default_modules()
    named = {
        node.value
        for path in python_files("migrations_app")
        if path.parts[1] in {"runtime", "tasks.py"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TASK_NAME.match(node.value)
    }

    assert {"snakeweb.drive_run", "snakeweb.drive_partition"} <= named
    assert named <= set(app.tasks), f"nobody runs {sorted(named - set(app.tasks))}"

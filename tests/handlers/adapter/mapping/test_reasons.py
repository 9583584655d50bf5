import ast

from migrations_app.handlers.adapter.facts import Lines
from migrations_app.handlers.adapter.mapping.reasons import GUIDANCE, Unproven, is_async, structural
from migrations_app.handlers.adapter.project.names import Method
from tests.handlers.adapter.reading import project_of


def test_everything_that_no_entry_can_say_is_named_with_its_lines():
    loop = "    for x in y:\n        pass\n    try: pass\n    except E: pass\n"
    code = f"async def f():\n{loop}    with z: pass\n    global w\n    def g(): ...\n    yield 1\n"
    module = project_of(a=code).modules["a.py"]
    node = module.likely("f")

    found = {(one.code, one.lines.first, one.lines.last) for one in structural([Method(module, None, node)])}

    assert found == {
        ("streams", 1, 9),
        ("loop", 2, 3),
        ("try", 4, 5),
        ("with", 6, 6),
        ("state", 7, 7),
        ("own_code", 8, 8),
    }
    assert is_async(node)
    assert not is_async(ast.parse("lambda: 1", mode="eval").body)


def test_each_reason_has_guidance():
    reason = Unproven("loop", "It loops.", Lines("a.py", 1, 2)).reason

    assert reason.guidance == GUIDANCE["loop"]
    assert all(said.endswith(".") for said in GUIDANCE.values())

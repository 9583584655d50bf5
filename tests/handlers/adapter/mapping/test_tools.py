import copy

import pytest
from hypothesis import HealthCheck, event, given, settings

from migrations_app.handlers.adapter.facts import Confidence, Verdict
from tests.handlers.adapter import generated
from tests.handlers.adapter.reading import HEAD, analysis_of, by_entry, codes, instance_of, mapped, outcome

IN_ONE_DIRECTORY = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(code=generated.adapters(), arguments=generated.arguments)
@IN_ONE_DIRECTORY
def test_what_is_mapped_answers_as_the_tool_does(tmp_path, code, arguments):
    """Every generated tool is made of what an entry can say: each is mapped, and answers or raises the same."""
    [adapter] = analysis_of(tmp_path, code).adapters
    [mapping] = [tool.mapping for tool in adapter.tools]
    theirs = outcome(instance_of(code, "A").execute_tool, "t", copy.deepcopy(arguments), None)
    event(theirs[0])

    assert mapping.verdict is Verdict.AUTOMATIC, mapping.reasons
    assert by_entry(mapping, copy.deepcopy(arguments)) == theirs, mapping.entry


@pytest.mark.parametrize(
    ("before", "head", "code"),
    [
        ("import math\nmath.sqrt = abs", HEAD, "patched"),
        ("import math\nsetattr(math, 'sqrt', abs)", HEAD, "patched"),
        ("import math\nimport sys\nsys.modules['math'] = None", HEAD, "unknown_name"),
        ("import math\nfrom os import *", HEAD, "unknown_name"),
        ("import math\nimport random\nrandom.seed(0)", HEAD, "import_time"),
        ("try:\n    import math\nexcept ImportError:\n    math = None", HEAD, "unknown_name"),
        ("import math", HEAD.replace("class A", "@change\nclass A"), "class"),
        ("import math", HEAD.replace("(BaseAdapter)", "(BaseAdapter, metaclass=M)"), "class"),
        ("import math", HEAD.replace("(BaseAdapter)", "(BaseAdapter, Foreign)"), "class"),
        ("import math", f"{HEAD}\n    def __getattribute__(self, name): ...\n", "class"),
        ("import math", f"{HEAD}\n    def initialize(self):\n        print(1)\n", "setup"),
        ("import math", HEAD.replace("tool_name, arguments, context", "name, args, ctx"), "dispatch"),
    ],
)
def test_what_stands_around_a_tool_can_change_it(tmp_path, before, head, code):
    assert mapped(tmp_path, "return math.sqrt(x)", before="import math").verdict is Verdict.AUTOMATIC

    mapping = mapped(tmp_path, "return math.sqrt(x)", before=before, head=head)

    assert mapping.verdict is Verdict.MANUAL
    assert mapping.entry is None
    assert code in codes(mapping)


def test_what_is_assumed_lowers_the_confidence_and_is_said(tmp_path):
    sure = mapped(tmp_path, "return math.sqrt(x)", before="import math")
    unsure = mapped(tmp_path, "return nobody_knows.work(x)", before="import nobody_knows")
    logged = mapped(
        tmp_path,
        "logger.info('called')\nreturn math.sqrt(x)",
        before="import math, logging\nlogger = logging.getLogger()",
    )

    assert sure.confidence is Confidence.HIGH
    assert unsure.confidence is logged.confidence is Confidence.MEDIUM
    assert any("nobody_knows" in said for said in unsure.evidence)
    assert any("is not written any more" in said for said in logged.evidence)


def test_the_allow_list_has_what_the_entry_needs_and_no_more(tmp_path):
    mapping = mapped(tmp_path, "return math.floor(x).real + len(str(y).upper())", before="import math")

    assert mapping.allow == {
        "functions": ["builtins.len", "math.floor", "operator.add"],
        "methods": ["upper"],
        "attributes": ["real"],
    }

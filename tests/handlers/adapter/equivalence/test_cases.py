import json

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.equivalence.cases import EDGES, cases_of, examples, takes
from tests.handlers.adapter.equivalence.planting import project
from tests.handlers.adapter.reading import FIXTURES


def tool_of(root, name="t"):
    return next(one for one in analyze(root, installed={}).adapters[0].tools if one.name == name)


def cases(root, *, recorded=(), seed=0, count=200, name="t"):
    tool = tool_of(root, name)
    return cases_of(root, tool, tool.mapping.entry or {"name": name}, recorded, seed=seed, count=count)


def test_recorded_and_examples_first_then_a_third_at_least_of_each_other_kind(tmp_path):
    root = project(tmp_path, "return x + y", signature="self, x: float, y: int = 2", doc=">>> t(4, y=1)\n5")
    found = cases(root, recorded=[{"x": 9}, {"x": 4, "y": 1}])

    assert [one.source for one in found[:2]] == ["recorded", "recorded"], "the example is one of them already"
    counts = {source: sum(one.source == source for one in found) for source in ("edges", "generated")}
    assert len(found) == 200
    assert min(counts.values()) > 50
    texts = [json.dumps(one.arguments, sort_keys=True) for one in found]
    assert len(set(texts)) == len(texts)


def test_the_same_seed_gives_the_same_cases(tmp_path):
    root = project(tmp_path, "return x + y", signature="self, x, y: str = ''")
    assert repr(cases(root, seed=5)) == repr(cases(root, seed=5))
    assert repr(cases(root, seed=5)) != repr(cases(root, seed=6))


def test_edges_missing_and_unknown_arguments_are_among_them(tmp_path):
    root = project(tmp_path, "return x", signature="self, x: int, y: str = 'a'")
    found = [one.arguments for one in cases(root) if one.source == "edges"]

    assert {} in found
    assert any("unexpected" in one for one in found)
    assert any("x" not in one and "y" in one for one in found) or any(set(one) == {"x"} for one in found)
    tried = repr([one.get("x") for one in found])
    assert all(repr(edge) in tried for edge in EDGES[:14])


def test_only_literals_that_json_can_say_are_examples(tmp_path):
    calls = (
        "t(1)",
        "adapter.t(x=(1, 2))",
        "t(open('f'))",
        "t({1})",
        "other(3)",
        "t(1, 2, 3)",
        "t(**{})",
        "[t(b'a')]",
        "t(2",
    )
    doc = "\n".join(f">>> {one}" for one in calls)
    tool = tool_of(project(tmp_path, "return x", doc=doc))

    assert list(examples(tool, tool.parameters)) == [{"x": 1}, {"x": [1, 2]}, {"x": {"__bytes__": "YQ=="}}]


def test_what_is_looked_up_in_a_dict_of_arguments_is_taken():
    tool = tool_of(FIXTURES / "if_chain", "hypot")
    assert [(one.name, one.default) for one in takes(tool, tool.mapping.entry)] == [("x", None), ("y", "0")]
    slow = tool_of(FIXTURES / "match_dispatch", "slow")
    assert [one.name for one in takes(slow, slow.mapping.entry)] == ["text"]


def test_a_tool_that_takes_any_name_gets_some(tmp_path):
    root = project(tmp_path, "return kwargs", signature="self, **kwargs")
    assert {"first", "second"} <= {name for one in cases(root) for name in one.arguments}

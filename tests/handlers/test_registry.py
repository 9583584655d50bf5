import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers import registry
from migrations_app.handlers.registry import Custom
from tests.custom_types import NewerStamp, Stamp, let_in

STAMP = "tests.custom_types.Stamp"
BROKEN = {
    "no_path": ("", "no dotted path"),
    "no_module": ("nowhere_at_all.Handler", "ModuleNotFoundError"),
    "no_class": ("tests.custom_types.Nothing", "AttributeError"),
    "no_handler": ("pathlib.Path", "inherits from Handler"),
    "abstract": ("migrations_app.engine.handler.Handler", "TypeError"),
    "session": ("tests.custom_types.Stamp", "built-in"),
    "misnamed": (STAMP, "calls itself “stamp”"),
}


def test_built_in_types_are_known():
    assert "session" in registry.built_in()
    assert registry.get("session").label == "Session migration"


def test_every_name_is_the_handlers_own():
    assert all(name == handler.name for name, handler in registry.all_handlers().items())


def test_an_unknown_name_is_a_problem_that_lists_the_known_ones():
    with pytest.raises(ValidationFailed) as refused:
        registry.get("sesion")

    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("spec.handler", "unknown_handler")
    assert "session" in problem.fix


def test_a_type_that_the_settings_name_is_let_in():
    found = registry.look({"stamp": STAMP})

    assert (found.handlers, found.refused) == ({"stamp": Stamp}, ())
    assert "custom_handlers" in found.origins["stamp"]
    with let_in(Stamp):
        assert registry.get("stamp").version == "1.2.0"
        assert "session" in registry.all_handlers()
    assert "stamp" not in registry.all_handlers()


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_used_is_refused_by_name_with_the_reason(name):
    path, reason = BROKEN[name]
    found = registry.look({name: path, "stamp": STAMP})

    (refused,) = found.refused
    assert refused.name == name
    assert reason in refused.reason
    assert set(found.handlers) == {"stamp"}, "the others are as they were"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where packages can be put as if they were installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def install(where: Path, distribution: str, code: str, points: str) -> None:
    """A distribution of one module with these entry points."""
    shutil.rmtree(where / f"{distribution}-1.dist-info", ignore_errors=True)
    (where / f"{distribution}.py").write_text(code)
    about = where / f"{distribution}-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[snakeweb.handlers]\n{points}\n")


MINE = "from tests.custom_types import Stamp\nclass Mine(Stamp):\n    name = 'mine'\n"


def test_an_installed_package_brings_its_type(package):
    install(package, "mine", MINE, "mine = mine:Mine")
    found = registry.look({})

    assert found.handlers["mine"].name == "mine"
    assert found.origins == {"mine": "mine 1"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no database here')", "no database here"),
        ("import sys; sys.exit(3)", "SystemExit"),
        (MINE + "    api_version = 9\n", "handler API 9"),
        (MINE + "    version = 'newest'\n", "version “newest”"),
        (MINE + "    roles = ()\n", "no target role"),
        (MINE + "    roles = 3\n", "cannot be loaded: TypeError"),
        (MINE + "    def __init__(self):\n        raise ValueError('half built')\n", "half built"),
        (
            MINE + "    from migrations_app.engine.vocabulary import MigrationType\n    type = MigrationType.SESSION\n",
            "CUSTOM",
        ),
    ],
)
def test_a_broken_package_takes_nothing_down(package, code, reason):
    install(package, "mine", code, "mine = mine:Mine")
    found = registry.look({"stamp": STAMP})

    (refused,) = found.refused
    assert (refused.name, refused.origin) == ("mine", "mine 1")
    assert reason in refused.reason
    assert set(found.handlers) == {"stamp"}


def test_a_name_that_two_packages_want_belongs_to_neither(package):
    install(package, "one", MINE, "mine = one:Mine")
    install(package, "two", MINE, "mine = two:Mine")
    found = registry.look({})

    assert found.handlers == {}
    assert {refused.origin for refused in found.refused} == {"one 1", "two 1"}
    assert all("one 1, two 1" in refused.reason for refused in found.refused)


def test_the_same_class_from_both_places_is_one_type(package):
    install(package, "mine", MINE, "mine = mine:Mine")
    found = registry.look({"mine": "mine:Mine"})

    assert found.refused == ()
    assert found.origins["mine"].startswith("mine 1 and SNAKEWEB_MIGRATION")


def test_what_is_loaded_is_known_from_then_on_and_what_is_refused_is_logged(caplog):
    before = registry.custom()
    try:
        registry.load({"stamp": STAMP, "other": "nowhere.at_all"})
        assert registry.get("stamp").name == "stamp"
    finally:
        registry.let_in(before)
    assert "“other”" in caplog.text


def test_a_newer_version_says_whose_plans_it_runs():
    assert Stamp().runs_plans_of("1.2.0")
    assert not Stamp().runs_plans_of("1.1.0")
    assert all(NewerStamp().runs_plans_of(version) for version in ("2.0.0", "1", "1.2.0"))
    assert not any(NewerStamp().runs_plans_of(version) for version in ("10.0", "3.0.0", "", "2"))


def test_nothing_of_the_outside_is_there_by_itself():
    assert registry.custom() == Custom()

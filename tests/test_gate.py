"""What the gate of `make test` counts, and what it complains about."""

import sqlite3

import coverage
import pytest

from tests import gate

REPORT = """<testsuites><testsuite>
<testcase classname="tests.stores.tables.test_key_order" name="test_it"><skipped message="no ICU here"/></testcase>
<testcase classname="tests.live.test_feed.TestFeed" name="test_one"><skipped message="no server"/></testcase>
<testcase classname="tests.live.test_feed" name="test_two"/>
<testcase classname="tests.live.test_feed" name="test_three"><failure message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def skips(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    report = gate.read_report(path)
    assert (report.passed, report.failed) == (1, 1)
    return report.skips


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("tests/stores/tables/test_key_order.py :: no ICU", ["test_key_order"]),
        ("tests/stores/ :: no ICU", ["test_key_order"]),
        ("tests/stores :: no ICU", ["test_key_order"]),
        ("tests/live/test_feed.py :: no server", ["test_feed"]),
        ("tests/stores/tables/test_key_order.py :: no server", []),
        ("tests/live/ :: no ICU", []),
    ],
)
def test_a_line_explains_the_skips_of_its_file_or_folder_that_have_its_reason(
    tmp_path, monkeypatch, skips, line, explained
):
    for file in ("tests/stores/tables/test_key_order.py", "tests/live/test_feed.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    monkeypatch.setattr(gate, "ROOT", tmp_path)

    left = list(gate.unexplained_skips(skips, gate.read_allowed_skips(f"# why\n\n{line}\n")))

    assert len(left) == len(skips) - len(explained)
    assert not any(name in complaint for name in explained for complaint in left)


@pytest.mark.parametrize(
    "line", ["tests/test_gate.py", "tests/test_gate.py ::", " :: no server", "tests/test_gates.py :: no server"]
)
def test_a_line_that_could_explain_nothing_is_refused(line):
    with pytest.raises(ValueError, match="a line of no use"):
        gate.read_allowed_skips(line)


def test_each_line_of_this_repository_names_a_place_where_tests_are():
    assert gate.read_allowed_skips(gate.ALLOWED_SKIPS.read_text())


def test_what_a_killed_process_left_is_no_measurement(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(gate, "OUT", tmp_path)
    for number in (1, 2):
        written = coverage.CoverageData(str(tmp_path / f".coverage.rooms.{number}"))
        written.add_arcs({str(gate.ROOT / "migrations_app" / "engine" / "plan.py"): {(number, number + 1)}})
        written.write()
        written.close()
    with sqlite3.connect(tmp_path / ".coverage.rooms.begun") as begun:
        begun.execute("CREATE TABLE other (id)")
    begun.close()
    whole = (tmp_path / ".coverage.rooms.1").read_bytes()
    (tmp_path / ".coverage.rooms.cut").write_bytes(whole[: len(whole) // 3])
    (tmp_path / ".coverage.rooms.1-journal").write_bytes(b"\xd9\xd5\x05\xf9 journal")
    (tmp_path / ".coverage.rooms.empty").touch()

    measured = gate.measure_coverage()

    (entry,) = measured["files"].values()
    assert entry["summary"]["covered_lines"] > 0
    assert capfd.readouterr() == ("", "")

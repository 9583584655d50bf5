from datetime import UTC, datetime, timedelta

from migrations_app.engine.impact import Figures, Metric
from migrations_app.selectors.impact import ImpactValue, MetricImpact, RunImpact
from migrations_app.web.sparkline import draw, impact_lines, untold

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_a_curve_keeps_its_gaps_and_marks_begin_and_end():
    points = [(at(0), 10), (at(5), 20), (at(10), None), (at(15), 15), (at(20), 5)]

    drawn = draw(points, begin=at(0), end=at(20), marks=(at(10), None))

    assert drawn.lines == ("2.0,16.0 41.0,2.0", "119.0,9.0 158.0,23.0")
    assert drawn.marks == ("80.0",)


def test_a_level_that_hardly_moves_is_drawn_from_its_least():
    drawn = draw([(at(0), 1000), (at(10), 1010)], begin=at(0), end=at(10))
    assert drawn.lines == ("2.0,30.0 158.0,2.0",)


def test_a_reading_alone_is_a_dash_that_can_be_seen():
    drawn = draw([(at(0), None), (at(10), 5), (at(20), None)], begin=at(0), end=at(20))
    assert drawn.lines == ("78.0,16.0 82.0,16.0",)


def test_of_nothing_nothing_is_drawn():
    assert draw([], begin=None, end=None).lines == ()
    assert draw([(at(0), None)], begin=at(0), end=at(9)).lines == ()


def test_a_line_says_its_figures_in_the_unit_that_people_read():
    run = RunImpact(7, at(5), at(15), at(0), at(20), False, 5, (), ())
    latency = MetricImpact(
        Metric.LATENCY, "µs", Figures(2, 250, 400), Figures(3, 1_500, 9_000), None, (ImpactValue(at(0), 250),), ""
    )
    memory = MetricImpact(Metric.MEMORY, "bytes", None, Figures(1, 2_097_152, 2_097_152), None, (), "")

    first, second = impact_lines(run, (latency, memory))

    assert [(cell.text, cell.p95) for cell in first.cells] == [("0.25", "0.40"), ("1.50", "9.00"), ("–", "–")]
    assert first.said == "Latency: before 0.25, during 1.50."
    assert first.rows == ((at(0), "0.25"),)
    assert second.cells[1].text == "2.0 MB"


def test_what_a_kind_does_not_tell_is_one_sentence_a_reason():
    silent = [
        MetricImpact(metric, "", None, None, None, (), why)
        for metric, why in ((Metric.OPERATIONS, "no server"), (Metric.MEMORY, "no server"), (Metric.SIZE, "no file"))
    ]

    assert untold(silent) == ("Not told: operations and memory; no server.", "Not told: size; no file.")
    assert impact_lines(RunImpact(7, None, None, None, None, False, 5, (), ()), silent) == ()

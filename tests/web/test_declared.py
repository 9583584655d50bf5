from django.http import QueryDict

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.web.declared import chosen_values, controls, left_alone, posted_values, shown_values
from migrations_app.web.problems import ProblemsByField

SIZE = Field("size", FieldKind.INTEGER, "Size", default=1000, minimum=1, maximum=9000)
BACKUP = Field("backup", FieldKind.BOOLEAN, "Back up", default=True)
ROUTE = Field("route", FieldKind.TEXT, "Route")
FIELDS = (SIZE, BACKUP, ROUTE)


def posted(text: str) -> dict[str, str]:
    return posted_values(FIELDS, QueryDict(text).dict(), path="options")


def test_an_unchecked_box_is_sent_by_its_companion() -> None:
    assert posted("options.backup=off")["backup"] == "off"
    assert posted("options.backup=off&options.backup=on")["backup"] == "on"


def test_what_is_left_at_its_default_was_not_chosen() -> None:
    sent = posted("options.size=1000&options.backup=on&options.route=")
    assert chosen_values(FIELDS, sent) == {}
    sent = posted("options.size=0&options.backup=off&options.route=web")
    assert chosen_values(FIELDS, sent) == {"size": "0", "backup": "off", "route": "web"}


def test_a_document_is_shown_as_lines_of_json_and_sent_back_as_text() -> None:
    tables = Field("tables", FieldKind.DOCUMENT, "Tables")
    (untouched,) = controls((tables,), {}, path="parameters", problems=ProblemsByField())
    (shown,) = controls((tables,), {"tables": [{"source": "a"}]}, path="parameters", problems=ProblemsByField())
    assert (untouched.value, untouched.chosen, untouched.wide) == ("", False, True)
    assert (shown.value, shown.chosen) == ('[\n  {\n    "source": "a"\n  }\n]', True)
    assert chosen_values((tables,), {"tables": shown.value}) == {"tables": shown.value}


def test_a_control_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    problems = ProblemsByField([Problem("options.size", "Too small.", "Use 1.")])
    size, backup, _ = controls(FIELDS, {"size": "0", "backup": "off"}, path="options", problems=problems)
    assert (size.name, size.id, size.value) == ("options.size", "options-size", "0")
    assert [p.fix for p in size.problems] == ["Use 1."]
    assert not backup.checked


def test_a_control_differs_from_its_default_or_not() -> None:
    untouched = controls(FIELDS, {}, path="options", problems=ProblemsByField())
    assert [control.chosen for control in untouched] == [False, False, False]
    touched = controls(FIELDS, {"size": 5, "backup": False, "route": "x"}, path="options", problems=ProblemsByField())
    assert [control.chosen for control in touched] == [True, True, True]


def test_problems_that_no_shown_field_takes_stand_elsewhere() -> None:
    problems = ProblemsByField([Problem("title", "a"), Problem("", "b"), Problem("spec.x", "c")])
    assert [p.message for p in problems.elsewhere({"title"})] == ["b", "c"]


def test_a_number_of_milliseconds_says_how_long_that_is() -> None:
    pause = Field("pause", FieldKind.INTEGER, "Pause", unit="ms", default=600_000, minimum=3_000, maximum=3_600_000)

    (shown,) = controls((pause,), {}, path="parameters", problems=ProblemsByField())
    assert (shown.says_itself, shown.bounds) == ("600,000 ms is 10 min", ("3,000", "3,600,000 (1 h)"))

    (short,) = controls((pause,), {"pause": "200"}, path="parameters", problems=ProblemsByField())
    (wrong,) = controls((pause,), {"pause": "soon"}, path="parameters", problems=ProblemsByField())
    (plain,) = controls((SIZE,), {"size": "600000"}, path="options", problems=ProblemsByField())
    assert (short.says_itself, wrong.says_itself, plain.says_itself) == ("", "", "")
    assert plain.bounds == ("1", "9,000")


def test_what_is_required_and_empty_is_not_folded_away() -> None:
    needed = Field("version", FieldKind.TEXT, "Version", required=True)
    (empty,) = controls((needed,), {}, path="parameters", problems=ProblemsByField())
    assert empty.chosen


def test_what_was_left_alone_stays_as_it_is_written() -> None:
    stored = {"size": "1000", "backup": "Yes", "route": None}
    assert shown_values(FIELDS, stored) == {"size": "1000", "backup": True}
    sent = {"size": "1000", "backup": "on", "route": ""}
    assert left_alone(FIELDS, sent, stored) == stored
    assert left_alone(FIELDS, sent, {"size": 1000}) == {"size": 1000}
    assert left_alone(FIELDS, sent | {"size": "5", "backup": "off"}, stored) == {"route": None}
    assert left_alone(FIELDS, {}, stored) == {}


def test_a_line_loses_its_breaks_on_the_way_and_a_document_gets_others() -> None:
    tables = Field("tables", FieldKind.DOCUMENT, "Tables")
    stored = {"route": " a\nb", "tables": {"a": [1]}}
    sent = {"route": "ab", "tables": '{\r\n  "a": [\r\n    1\r\n  ]\r\n}'}
    assert left_alone((ROUTE, tables), sent, stored) == stored

from migrations_app.configuration.conversion import convert
from migrations_app.configuration.detection import detect
from migrations_app.configuration.report import as_data, diff, diff_of, hunk_line, problem_line
from migrations_app.configuration.schema import validate
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir

GIVEN = elixir("grpc_port: 5,\npooling_enabled: true,\ngrpc_timeout: 1")


def test_a_diff_of_what_changed_with_the_end_of_the_file_as_it_is():
    assert diff_of("a.exs", b"1\n2", b"1\n3") == (
        "--- a/a.exs\n+++ b/a.exs\n@@ -1,2 +1,2 @@\n 1\n"
        "-2\n\\ No newline at end of file\n+3\n\\ No newline at end of file\n"
    )
    assert diff_of("a.exs", b"1\n", b"1\n") == ""
    assert diff_of("a.exs", "1\u2028 \n".encode(), "2\u2028 \n".encode()).count("\n") == 5


def test_lines_for_people_begin_with_the_place():
    [problem] = validate(elixir("pool_sise: 1"), Version("0.13.0"))
    warning = convert(GIVEN, origin=Version("0.9.1"), to=Version("0.10.0")).hunks[0]

    assert problem_line(problem).startswith("config.exs:3:3: warning: `pool_sise` is no key")
    assert problem_line(problem).endswith("Did you mean `pool_size`?")
    assert hunk_line(warning).startswith("config.exs:3:3: automatic: The server's port is a listener")
    assert hunk_line(warning).endswith("[listener, 0.10.0]")


def test_everything_for_programs():
    done = convert(GIVEN, origin=Version("0.9.1"), to=Version("0.10.0"))

    data = as_data(done, detect(GIVEN))

    assert [(file["path"], file["changed"]) for file in data["files"]] == [("config.exs", True)]
    assert data["files"][0]["diff"] == diff(done)
    assert [(hunk["rule"], hunk["file"], hunk["line"]) for hunk in data["hunks"]] == [
        ("listener", "config.exs", 3),
        ("instances", "config.exs", 4),
    ]
    assert [(problem["code"], problem["line"]) for problem in data["problems"]] == [("never-read", 5)]
    assert data["detected"]["certain"] is False

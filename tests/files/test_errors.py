from pathlib import Path

from migrations_app.files.errors import FileChanged, unusable


def test_a_changed_file_says_both_fingerprints_whole_for_programs_and_short_for_people() -> None:
    error = FileChanged(Path("/etc/app/config.exs"), expected="a" * 64, found="b" * 64)

    assert "/etc/app/config.exs" in error.message
    assert "b" * 12 in error.message
    assert "b" * 13 not in error.message
    assert error.as_dict()["details"]["expected_sha256"] == "a" * 64
    assert not error.retryable


def test_an_unusable_file_says_what_to_do() -> None:
    error = unusable(Path("/etc/app"), "is a directory.", "Name the file in it.")

    assert error.message == "/etc/app is a directory. Nothing was changed."
    assert error.recovery_actions == ("Name the file in it.",)


def test_a_file_that_came_or_went_is_said() -> None:
    came = FileChanged(Path("/srv/tools.json"), expected="", found="b" * 64)
    went = FileChanged(Path("/srv/tools.json"), expected="a" * 64, found="")

    assert "was made by somebody else" in came.message
    assert "is not there any more" in went.message

from migrations_app.cli.words import duration, plain


def test_durations_are_for_people() -> None:
    assert [duration(seconds) for seconds in (-1, 0, 59, 60, 3_599, 3_600, 90_061)] == [
        "0 s", "0 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "25 h 01 min",
    ]  # fmt: skip


def test_text_is_one_line_without_control_characters_and_markup() -> None:
    assert plain("a\nb\x1b[1m") == r"a b \[1m" or plain("a\nb\x1b[1m") == "a b [1m"
    assert plain("[red]x[/red]") == r"\[red]x\[/red]"
    assert plain({"n": 1}) == '{"n": 1}'

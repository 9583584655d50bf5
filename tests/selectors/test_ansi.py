import pytest

from migrations_app.selectors.ansi import pieces, plain

ESC = "\x1b"


def styled(text):
    return [(piece.text, piece.style.names) for piece in pieces(text)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", [("plain", ())]),
        ("", []),
        (f"{ESC}[31mred{ESC}[0m after", [("red", ("red",)), (" after", ())]),
        (f"{ESC}[1;93;44mloud{ESC}[m", [("loud", ("bold", "bright-yellow", "on-blue"))]),
        (
            f"{ESC}[1mbold{ESC}[4mboth{ESC}[22mline",
            [("bold", ("bold",)), ("both", ("bold", "underline")), ("line", ("underline",))],
        ),
        (f"{ESC}[31ma{ESC}[39mb{ESC}[41mc{ESC}[49md", [("a", ("red",)), ("b", ()), ("c", ("on-red",)), ("d", ())]),
        (f"{ESC}[38;5;196;1mpalette", [("palette", ("bold",))]),
        (f"{ESC}[48:2:1:2:3mx", [("x", ())]),
        (f"{ESC}[38mx{ESC}[99999999mx", [("x", ()), ("x", ())]),
    ],
)
def test_colours_are_styles_by_name(text, shown):
    assert styled(text) == shown


@pytest.mark.parametrize(
    "hostile",
    [
        f"{ESC}[2J{ESC}[H",  # clears a terminal
        f"{ESC}[8m",  # hides what follows
        f"{ESC}]8;;javascript:alert(1)\x07",
        f"{ESC}]0;title{ESC}\\",
        f"{ESC}P+q544e{ESC}\\",
        f"{ESC}[?1049h",
        f"{ESC}c{ESC}(B{ESC}",
        "\x9b31m\x07\x08\r\x7f\x00",
    ],
)
def test_nothing_but_colours_is_followed(hostile):
    assert plain(f"a{hostile}") == "a"
    assert styled(f"a{hostile}") == [("a", ())]


def test_an_unended_command_swallows_no_more_than_its_line():
    assert plain(f"before{ESC}]8;;http://x") == "before"
    assert plain(f"before{ESC}[31") + plain("after") == "beforeafter" or plain(f"before{ESC}[31") == "before31"


def test_pieces_together_are_the_plain_text():
    text = f"one {ESC}[31mtwo{ESC}[2Jthree{ESC}[0m <b>four</b>"
    assert "".join(piece.text for piece in pieces(text)) == plain(text) == "one twothree <b>four</b>"

"""Whatever a program wrote stays text."""

import pytest

from migrations_app.web.log_text import coloured, marked, marked_words


def test_colours_become_classes() -> None:
    text = "\x1b[1;31mfailed\x1b[0m: 3 of 4"
    assert coloured(text) == '<span class="sgr-bold sgr-red">failed</span>: 3 of 4'
    assert coloured("plain & simple") == "plain &amp; simple"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "</li><img src=x onerror=alert(1)>",
        '\x1b[31m"><b onmouseover=alert(1)>\x1b[0m',
        "\x1b[31;<script>m",
        '\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07<a href="x">',
        "{{ 7|add:7 }} %s {0} {}",
    ],
)
def test_a_hostile_line_stays_text(hostile: str) -> None:
    for html in (coloured(hostile), marked(hostile, "alert"), marked(hostile, "")):
        tags = (
            html.replace("<mark>", "")
            .replace("</mark>", "")
            .replace("</span>", "")
            .replace('<span class="sgr-red">', "")
        )
        assert "<" not in tags
        assert "javascript" not in html
        assert "\x1b" not in html


def test_what_was_found_is_marked_in_any_case() -> None:
    assert marked("The \x1b[31mNeedle\x1b[0m <here>", "needle") == "The <mark>Needle</mark> &lt;here&gt;"
    assert marked("a.b aXb", "a.b") == "<mark>a.b</mark> aXb"


def test_each_word_of_a_search_is_marked_and_nothing_else_becomes_html() -> None:
    assert marked_words("Move <b>carts</b> of Shop", "shop CARTS") == (
        "Move &lt;b&gt;<mark>carts</mark>&lt;/b&gt; of <mark>Shop</mark>"
    )
    assert marked_words("a & b", " ") == "a &amp; b"
    assert marked_words("1.5 (old)", "( .") == "1<mark>.</mark>5 <mark>(</mark>old)"

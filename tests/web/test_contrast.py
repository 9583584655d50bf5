"""Contrast as WCAG counts it, from oklch: known colours and known ratios."""

import pytest

from migrations_app.web.contrast import Theme, colours, linear_of, ratio

WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("oklch", "srgb"),
    [
        ((1.0, 0.0, 0.0), (1, 1, 1)),
        ((0.0, 0.0, 0.0), (0, 0, 0)),
        ((0.62796, 0.25768, 29.234), (1, 0, 0)),
        ((0.86644, 0.294827, 142.495), (0, 1, 0)),
        ((0.45201, 0.313214, 264.052), (0, 0, 1)),
    ],
)
def test_the_corners_of_srgb_come_out_where_css_color_4_has_them(
    oklch: tuple[float, float, float], srgb: tuple[float, float, float]
) -> None:
    assert linear_of(*oklch) == pytest.approx(srgb, abs=0.002)


def test_ratios_that_everybody_knows() -> None:
    assert ratio(WHITE, BLACK) == pytest.approx(21)
    assert ratio(BLACK, WHITE) == pytest.approx(21)
    assert ratio(WHITE, WHITE) == 1
    grey = ((0x77 / 255 + 0.055) / 1.055) ** 2.4  # #777 on white just fails AA: 4.48
    assert ratio((grey, grey, grey), WHITE) == pytest.approx(4.48, abs=0.005)


def test_tokens_are_read_for_both_themes() -> None:
    css = "--hue: 142.495;\n --ink: light-dark(oklch(0% 0 0), oklch(86.644% 0.294827 var(--hue)));\n --s1: 1rem;"

    found = colours(css)

    assert list(found[Theme.LIGHT]) == ["ink"]
    assert found[Theme.LIGHT]["ink"] == BLACK
    assert found[Theme.DARK]["ink"] == pytest.approx((0, 1, 0), abs=0.002)


def test_a_colour_in_another_notation_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="#777"):
        colours("--ink: light-dark(#777, oklch(0% 0 0));")

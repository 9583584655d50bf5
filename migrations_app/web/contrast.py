"""The contrast of colour tokens, computed from `tokens.css` itself.

Oklab to linear sRGB: Björn Ottosson, "A perceptual color space for image processing" (2020), with the matrices of
CSS Color Module Level 4. Contrast ratio and relative luminance: WCAG 2.2, as in success criteria 1.4.3 and 1.4.11.
"""

import math
import re
from collections.abc import Mapping
from enum import StrEnum

Linear = tuple[float, float, float]  # linear-light sRGB, each 0 to 1

_TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\((oklch\([^;]*?\)|#\w+),\s*(oklch\([^;]*?\)|#\w+)\);")
_HUE = re.compile(r"--hue:\s*([\d.]+)")
_OKLCH = re.compile(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)")


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


def colours(css: str) -> Mapping[Theme, Mapping[str, Linear]]:
    """Every token of the form `--name: light-dark(oklch(...), oklch(...))`, by theme and name."""
    hue = _HUE.search(css)
    text = css.replace("var(--hue)", hue[1] if hue else "0")
    found = _TOKEN.findall(text)
    return {
        Theme.LIGHT: {name: _parsed(light) for name, light, _ in found},
        Theme.DARK: {name: _parsed(dark) for name, _, dark in found},
    }


def ratio(one: Linear, other: Linear) -> float:
    """1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Linear) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear_of(lightness: float, chroma: float, hue: float) -> Linear:
    """oklch with lightness 0 to 1 and the hue in degrees. What lies outside of sRGB is clipped, as screens do."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _clipped(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _clipped(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _clipped(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _parsed(text: str) -> Linear:
    found = _OKLCH.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is not of the form oklch(50% 0.1 200)")
    lightness, chroma, hue = (float(part) for part in found.groups())
    return linear_of(lightness / 100, chroma, hue)


def _clipped(value: float) -> float:
    return min(max(value, 0.0), 1.0)

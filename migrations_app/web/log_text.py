"""Lines of a log as HTML. Whatever a program wrote stays text: classes come from our own table of colours alone."""

import re

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from migrations_app.selectors.ansi import PLAIN, pieces, plain


def coloured(text: str) -> SafeString:
    found = pieces(text)
    if all(piece.style is PLAIN for piece in found):
        return conditional_escape(plain(text))
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="{}">{}</span>', _classes(piece.style.names), piece.text),)
            if piece.style.names
            else (piece.text,)
            for piece in found
        ),
    )


def marked(text: str, words: str) -> SafeString:
    """`words` in any case of letters."""
    shown = plain(text)
    if not words:
        return conditional_escape(shown)
    parts = re.split(f"({re.escape(words)})", shown, flags=re.IGNORECASE)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if n % 2 else part,) for n, part in enumerate(parts))
    )


def marked_words(text: str, query: str) -> SafeString:
    """Each word of `query`, in any case of letters."""
    words = [re.escape(word) for word in query.split()]
    if not words:
        return conditional_escape(text)
    parts = re.split(f"({'|'.join(words)})", text, flags=re.IGNORECASE)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if n % 2 else part,) for n, part in enumerate(parts))
    )


def _classes(names: tuple[str, ...]) -> str:
    return " ".join(f"sgr-{name}" for name in names)

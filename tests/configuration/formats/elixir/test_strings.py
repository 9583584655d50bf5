import pytest

from migrations_app.configuration.plain import AtRunTime
from tests.configuration.reading_of import value_of


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"a\n\t\"\\ \s\e\0"', 'a\n\t"\\  \x1b\0'),
        (r'"\x41\x{1F40D}\u00e9\u{e9}"', "A\U0001f40déé"),
        (r'"\q"', "q"),
        ('"a\\\nb"', "ab"),
        (r"~s(a\tb)", "a\tb"),
        (r"~S(a\tb)", r"a\tb"),
        ('"""\n    two\n      deep\n\n    end\n    """', "two\n  deep\n\nend\n"),
        ('"""\n  less\n    """', "less\n"),
        ('"""\n"""', ""),
        ('"""\r\n  a\r\n  b\r\n  """', "a\r\nb\r\n"),
    ],
)
def test_quoted_text_is_what_it_stands_for(written, text):
    assert value_of(written) == text


def test_text_with_something_put_in_is_decided_at_run_time():
    assert value_of('"a#{b}"') == AtRunTime('"a#{b}"')


def test_a_byte_that_is_no_character_is_left_as_it_is_written():
    assert value_of(r'"\xff"') == AtRunTime(r'"\xff"')


def test_charlists_are_lists_of_numbers():
    assert value_of("'ab'") == value_of("~c(ab)") == [97, 98]

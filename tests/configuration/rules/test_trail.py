from migrations_app.configuration.edits import Edit
from migrations_app.configuration.rules.trail import Trail
from migrations_app.configuration.values import Span

BEFORE = {"a": "é = 1\nb = 2\nc = 3\n".encode()}


def test_places_are_followed_back_through_every_pass():
    trail = Trail(BEFORE)
    trail.went([Edit("a", 0, 0, b"new\n"), Edit("a", 7, 13, b"")])  # c = 3 stands at 11 now
    trail.went([Edit("a", 0, 4, b"")])

    assert trail.original(Span("a", 7, 12, 2, 1)) == Span("a", 13, 18, 3, 1)
    assert trail.original(Span("a", 5, 6, 1, 5)) == Span("a", 5, 6, 1, 5)


def test_bytes_that_a_rule_wrote_have_no_place_before():
    trail = Trail(BEFORE)
    trail.went([Edit("a", 7, 7, b"x = 9\n")])

    assert trail.original(Span("a", 8, 12, 2, 2)) is None
    assert trail.original(Span("a", 13, 14, 3, 1)).start == 7


def test_a_value_that_was_replaced_stands_where_it_stood():
    trail = Trail(BEFORE)
    trail.went([Edit("a", 11, 12, b"twenty")])

    assert trail.original(Span("a", 7, 17, 2, 1)) == Span("a", 7, 12, 2, 1)
    assert trail.original(Span("a", 18, 23, 3, 1)) == Span("a", 13, 18, 3, 1)

import pytest

from migrations_app.snakepit.versions import RELEASES, UnknownVersion, Version, releases


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0.8.9", "0.8.9"),
        ("v0.8.9", "0.8.9"),
        (" 0.13 ", "0.13.0"),
        ("0.6", "0.6.11"),
        ("0.1", None),
        ("0.10", "0.10.1"),
    ],
)
def test_a_release_and_the_newest_of_a_series_are_named(text, named):
    if named is None:
        with pytest.raises(UnknownVersion, match=r"no Snakepit '?0\.1"):
            Version.named(text)
    else:
        assert str(Version.named(text)) == named


@pytest.mark.parametrize("text", ["", "latest", "0.4.1", "0.3.0.1", "1"])
def test_what_was_never_released_is_refused_and_near_ones_named(text):
    with pytest.raises(UnknownVersion, match="known are, for example, 0"):
        Version.named(text)


def test_versions_compare_by_number():
    assert list(map(str, sorted(map(Version, RELEASES)))) == RELEASES
    assert Version("0.6.10") > Version("0.6.9")
    assert len(set(releases())) == len(RELEASES)

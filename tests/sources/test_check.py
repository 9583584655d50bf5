import pytest

from migrations_app.snakepit.versions import Version
from migrations_app.sources import check as checking
from migrations_app.sources.check import check, reads
from migrations_app.sources.findings import Weight
from tests.sources.asking import found


def test_downwards_what_came_later_is_gone():
    assert ("function_gone", "breaks", "Snakepit.cleanup/0") in [
        one[1:] for one in found("a.ex", "Snakepit.cleanup()", "0.13.0", "0.7.5")
    ]
    assert ("module_gone", "breaks", "Snakepit.CircuitBreaker") in [
        one[1:] for one in found("a.ex", "Snakepit.CircuitBreaker.call(1)", "0.13.0", "0.6.0")
    ]


def test_a_project_that_does_not_allow_the_version():
    [one] = check({"mix.exs": b'{:snakepit, "~> 0.8.9"}'}, origin=Version("0.8.9"), to=Version("0.13.0"))

    assert (one.change, one.weight) == ("dependency_too_narrow", Weight.BREAKS)
    assert "“~> 0.8.9”, which does not allow 0.13.0" in one.message
    assert found("mix.exs", '[{:snakepit, "~> 0.8"}, {:jason, "~> 1.0"}]', "0.8.9", "0.13.0") == []
    assert found("lib/a.ex", '{:snakepit, "~> 0.8.9"}', "0.8.9", "0.13.0") == []


def test_python_packages_that_are_pinned_too_low():
    text = "numpy==1\ngrpcio==1.60.0\nprotobuf<6\n"

    assert found("python/requirements.txt", text, "0.8.4", "0.8.5") == [
        (2, "package_too_old", "breaks", "grpcio==1.60.0"),
        (3, "package_too_old", "breaks", "protobuf<6"),
    ]
    assert found("python/requirements.txt", text, "0.8.3", "0.8.4") == []


def test_what_cannot_be_read_is_said_and_the_rest_is_checked():
    deep = b"[" * 20_000 + b"]" * 20_000
    files = {
        "deep.ex": deep,
        "bad.py": b"print 1",
        "bad.ex": b"Snakepit.Python.f()\ndef )(",
        "a.md": b"\0",
        "deep.md": deep,
    }
    findings = check(files, origin=Version("0.4.0"), to=Version("0.13.0"))

    assert [(one.path, one.line, one.weight) for one in findings] == [
        ("bad.ex", 1, Weight.BREAKS),
        ("bad.ex", 2, Weight.UNREAD),
        ("bad.py", 1, Weight.UNREAD),
        ("deep.ex", 1, Weight.UNREAD),
    ]


def test_a_file_that_is_too_large_is_said():
    [one] = check({"a.ex": b"#" * (checking.MOST_BYTES + 1)}, origin=Version("0.4.0"), to=Version("0.13.0"))

    assert (one.weight, one.message) == (Weight.UNREAD, "It is larger than 10 MB.")


@pytest.mark.parametrize(
    ("path", "looks"),
    [
        ("a.ex", 1),
        ("b/mix.exs", 1),
        ("x.py", 1),
        ("requirements-dev.txt", 1),
        ("notes.txt", 0),
        ("a.exe", 0),
        ("py", 0),
    ],
)
def test_which_files_are_looked_into(path, looks):
    assert reads(path) is bool(looks)

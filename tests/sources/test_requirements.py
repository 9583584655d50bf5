import pytest

from migrations_app.snakepit.versions import Version
from migrations_app.sources.requirements import mix_allows, pinned_below


@pytest.mark.parametrize(
    ("requirement", "allowed", "refused"),
    [
        ("~> 0.8.9", ["0.8.9"], ["0.8.8", "0.9.0", "0.13.0"]),
        ("~> 0.8", ["0.8.0", "0.13.0"], ["0.7.7"]),
        ("0.8.9", ["0.8.9"], ["0.9.0"]),
        ("== 0.8.9", ["0.8.9"], ["0.8.8"]),
        (">= 0.6.0 and < 0.9.0", ["0.6.0", "0.8.9"], ["0.5.1", "0.9.0"]),
        ("~> 0.6.0 or ~> 0.13.0", ["0.6.11", "0.13.0"], ["0.7.0"]),
        ("!= 0.9.0", ["0.9.1"], ["0.9.0"]),
        ("> 0.9.0", ["0.9.1"], ["0.9.0"]),
        ("<= 0.9.0", ["0.9.0"], ["0.9.1"]),
    ],
)
def test_requirements_of_mix(requirement, allowed, refused):
    assert [mix_allows(requirement, Version(one)) for one in allowed] == [True] * len(allowed)
    assert [mix_allows(requirement, Version(one)) for one in refused] == [False] * len(refused)


@pytest.mark.parametrize("requirement", ["~> 1", "latest", "", ">= 0.1 and whatever"])
def test_what_is_not_understood_is_neither(requirement):
    assert mix_allows(requirement, Version("0.13.0")) is None


def test_pins_that_keep_a_package_old():
    lines = [
        "grpcio==1.60.0  # why",
        "protobuf>=4",
        "GRPCIO<1.70",
        "grpcio>=1.76",
        "-r other.txt",
        "",
        "grpcio~=1.60",  # up to 2, without it
        "grpcio~=1.60.0 --hash=sha256:0",
    ]

    assert list(pinned_below("\n".join(lines), "grpcio", "1.76.0")) == [(n, lines[n - 1]) for n in (1, 3, 8)]
    assert list(pinned_below("grpcio>=2\n", "grpcio", "1.76.0")) == []

"""Made-up configurations of any release: valid at 0.13, twice is once, and back where that is promised."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations_app.configuration.conversion import convert
from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema import validate
from migrations_app.configuration.schema.meaning import meaning
from migrations_app.snakepit.versions import Version, releases
from tests.configuration.generated import configurations
from tests.configuration.sources import files

LINES = ("0.3.1", "0.4.0", "0.5.1", "0.6.5", "0.7.5", "0.7.7", "0.8.8", "0.9.1", "0.10.1", "0.12.0")
NEWEST = releases()[-1]


def errors(configuration, at: Version) -> list[str]:
    return [one.message for one in validate(configuration, at) if one.severity is Severity.ERROR]


@pytest.mark.parametrize("version", LINES)
@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_configuration_at_the_newest_release(version, data):
    at = Version(version)
    before = files({"config.exs": data.draw(configurations(at))})
    assert errors(before, at) == []

    done = convert(before, origin=at, to=NEWEST)

    text = done.after["config.exs"].decode()
    after = files({"config.exs": text})
    assert errors(after, NEWEST) == []
    assert not convert(after, origin=at, to=NEWEST).changes
    assert text.startswith("# first\nimport Config\n")
    if done.reversible:
        back = convert(after, origin=NEWEST, to=at).after
        returned = files({path: content.decode() for path, content in back.items()})
        assert meaning(returned, at) == meaning(before, at)


@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_comments_of_what_stays_stay(data):
    text = data.draw(configurations(NEWEST))

    done = convert(files({"config.exs": text}), origin=Version("0.12.0"), to=NEWEST)

    before = [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    after = [line.strip() for line in done.after["config.exs"].decode().splitlines() if line.lstrip().startswith("#")]
    assert after == before

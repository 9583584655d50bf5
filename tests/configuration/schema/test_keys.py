from itertools import pairwise

from migrations_app.configuration.schema.judge import KEYS
from migrations_app.configuration.schema.keys import Key, living, never, stages
from migrations_app.configuration.schema.kinds import Kind, ListOf, TableOf
from migrations_app.snakepit.versions import RELEASES, Version

SIZE = (
    Key("size", Kind(), "0.6.0", until="0.7.7", idle="nobody looks"),
    Key("size", Kind(), "0.7.7"),
    Key("other", Kind(), "0.8.0", until="0.9.0"),
)


def test_the_stage_of_a_release():
    assert living(SIZE, "size", Version("0.5.1")) is None
    assert living(SIZE, "size", Version("0.7.6")) is SIZE[0]
    assert living(SIZE, "size", Version("0.7.7")) is SIZE[1]
    assert living(SIZE, "other", Version("0.9.0")) is None
    assert stages(SIZE, "size") == SIZE[:2]


def test_a_key_that_nothing_ever_read_is_idle_in_each_release():
    assert all(never("a", "no").lives_at(Version(release)) for release in RELEASES)


def tables(keys):
    yield keys
    for key in keys:
        kind = key.kind.item if isinstance(key.kind, ListOf) else key.kind
        if isinstance(kind, TableOf):
            yield from tables(kind.keys)


def test_stages_of_one_key_follow_each_other():
    for keys in tables(KEYS):
        for name in dict.fromkeys(key.name for key in keys):
            for before, after in pairwise(stages(keys, name)):
                assert before.until, name
                assert Version(before.until) <= Version(after.since), name


def test_what_goes_says_what_to_do():
    gone = [key for keys in tables(KEYS) for key in keys if key.until and not living(keys, key.name, Version("0.13.0"))]

    assert {"wire_protocol", "grpc_config", "installer", "cleanup_retry_interval"} <= {key.name for key in gone}
    assert [key.name for key in gone if not key.gone and not key.idle] == []

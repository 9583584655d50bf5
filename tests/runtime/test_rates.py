"""Counted together by all processes, over a real redis-server; and by each for itself while there is none."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.conf import LazySettings

from migrations_app.runtime import rates
from migrations_app.runtime.rates import DEFAULTS, Rate, Rates, is_limit, limit_of
from migrations_app.testing.servers import RedisServer
from tests.architecture.sources import ROOT

LIMIT = "40/hour"
THREADS = 8
ASKING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from migrations_app.runtime.rates import Rates
shared = Rates(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(8) as pool:
    print(sum(1 for wait in pool.map(lambda _: shared.take("40/hour", "api", "person-1"), range(60)) if not wait))
"""


@pytest.fixture
def shared(empty_redis: RedisServer) -> Rates:
    return Rates(empty_redis.url)


@pytest.mark.servers
def test_two_processes_of_many_threads_never_get_more_than_the_limit_together(empty_redis: RedisServer) -> None:
    command = [sys.executable, "-c", ASKING, empty_redis.url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    asking = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in asking:
        assert process.stdout.readline() == "ready\n"
    for process in asking:
        process.stdin.write("go\n")
        process.stdin.flush()
    let_through = [int(process.communicate(timeout=60)[0]) for process in asking]

    assert sum(let_through) == 40
    assert Rates(empty_redis.url).left_over(LIMIT, "api", "person-1") > 0


@pytest.mark.servers
def test_looking_counts_nothing_and_others_have_their_own(shared: Rates) -> None:
    for _ in range(5):
        assert shared.left_over("1/hour", "api", "person-1") == 0
    assert shared.take("1/hour", "api", "person-1") == 0
    assert 0 < shared.take("1/hour", "api", "person-1") <= 7200
    assert shared.take("1/hour", "api", "person-2") == 0
    assert shared.take("1/hour", "exports", "person-1") == 0


@pytest.mark.servers
def test_while_redis_is_gone_each_process_counts_and_nobody_is_shut_out(disposable_redis: RedisServer) -> None:
    mine, another = Rates(disposable_redis.url), Rates(disposable_redis.url)
    assert mine.take("2/hour", "api", "person-1") == 0
    disposable_redis.stop()

    for process in (mine, another):
        take = partial(process.take, "2/hour", "api")
        with ThreadPoolExecutor(THREADS) as pool:
            waits = list(pool.map(take, ["person-1"] * THREADS))
        assert waits.count(0) == 2  # neither the door wide open nor shut


@pytest.mark.servers
def test_a_redis_that_is_back_is_asked_again(disposable_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MENDED_AFTER", 0.0)
    mine = Rates(disposable_redis.url)
    disposable_redis.stop()
    assert mine.take("1/hour", "api", "person-1") == 0
    assert mine.take("1/hour", "api", "person-1") > 0
    disposable_redis.start()
    assert mine.take("1/hour", "api", "person-1") == 0
    assert Rates(disposable_redis.url).take("1/hour", "api", "person-1") > 0


def test_a_setting_replaces_single_entries_and_what_cannot_be_read_replaces_none(settings: LazySettings) -> None:
    settings.SNAKEWEB_RATE_LIMITS = {"api_account": "5/second", "api_address": "off", "exports_account": "many"}
    assert limit_of(Rate.API_ACCOUNT) == "5/second"
    assert limit_of(Rate.API_ADDRESS) == "off"
    assert limit_of(Rate.EXPORTS_ACCOUNT) == DEFAULTS[Rate.EXPORTS_ACCOUNT]
    assert set(DEFAULTS) == set(Rate)
    assert all(is_limit(text) for text in DEFAULTS.values())


def test_the_page_of_the_doors_shows_every_limit_as_it_is() -> None:
    page = (ROOT / "docs" / "doors.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_]+)` \|.*\| (\S+) \|$", page, re.MULTILINE))
    assert rows == {rate.value: text for rate, text in DEFAULTS.items()}

"""docs/worker-pool-protocol.md, asked for without a driver: each status of the document once."""

import pytest

from tests.pools.process_pool import NEW, OLD
from tests.stores.sessions.place import wait_until


@pytest.fixture
def pool(start_processes):
    return start_processes(workers=2, most=2)


def test_every_status(pool):
    new, old = NEW.as_dict(), OLD.as_dict()
    nobody = "/control/workers/nobody"
    first = "/control/workers/worker-1"
    asked = [
        ("GET", "/control/nothing", None, 404, "no_such_path"),
        ("POST", first, new, 404, "no_such_path"),
        ("GET", nobody, None, 404, "no_such_worker"),
        ("GET", f"{nobody}/health", None, 404, "no_such_worker"),
        ("PUT", f"{nobody}/drain", {"seconds": 1}, 404, "no_such_worker"),
        ("PUT", nobody, new, 404, "no_such_worker"),
        ("DELETE", nobody, None, 404, "no_such_worker"),
        ("PUT", first, {"version": "1.1.0"}, 400, "malformed"),
        ("PUT", first, {"version": 1, "generation": "2"}, 400, "malformed"),
        ("PUT", "/control/workers/a%20b", new, 400, "malformed"),
        ("PUT", f"{first}/drain", {"seconds": -1}, 400, "malformed"),
        ("PUT", f"{first}/drain", {"seconds": "long"}, 400, "malformed"),
        ("PUT", first, {"version": "9", "generation": "2"}, 422, "unknown_version"),
        ("PUT", "/control/release", {"version": "9", "generation": "2"}, 422, "unknown_version"),
        ("PUT", "/control/workers/surge-1", {**new, "surge": True}, 409, "full"),
        ("DELETE", first, None, 409, "not_surge"),
        ("PUT", first, old, 200, ""),
        ("PUT", first, new, 202, ""),
        ("PUT", first, new, 200, ""),
        ("PUT", "/control/release", new, 200, ""),
        ("PUT", f"{first}/drain", {"seconds": 0.5}, 200, ""),
        ("DELETE", f"{first}/drain", None, 200, ""),
        ("GET", "/control/capacity", None, 200, ""),
    ]
    for method, path, body, status, error in asked:
        said, document = pool.ask(method, path, body)
        assert (said, document.get("error", "")) == (status, error), (method, path, body, document)
    assert pool.ask("GET", "/control/pool")[1]["release"] == new


def test_the_front_door_says_what_goes_on(pool):
    assert pool.ask("GET", "/front/healthz")[1] == {
        "status": "ok",
        "desired": 2,
        "serving": 2,
        "states": {"serving": 2},
        "releases": {"1.0.0 (1)": 2},
    }
    pool.ask("PUT", "/control/workers/worker-1/drain", {"seconds": 60})
    pool.ask("PUT", "/control/workers/worker-2", NEW.as_dict())
    told = pool.ask("GET", "/front/healthz")[1]
    assert (told["status"], told["serving"]) == ("down", 0)
    assert (told["states"].pop("draining"), set(told["states"]) <= {"stopping", "starting"}) == (1, True)
    assert told["releases"] == {"1.0.0 (1)": 1, "1.1.0 (2)": 1}
    wait_until(lambda: pool.ask("GET", "/front/healthz")[1]["status"] == "degraded")


def test_while_the_old_process_ends_health_is_not_healthy(pool):
    pool.execute(300)
    wait_until(lambda: pool.ask("GET", "/control/pool")[1]["statistics"]["busy"] == 1)
    busy = next(one["id"] for one in pool.ask("GET", "/control/pool")[1]["workers"] if one["requests"])
    pool.ask("PUT", f"/control/workers/{busy}", {**NEW.as_dict(), "force": True})
    told = pool.ask("GET", f"/control/workers/{busy}/health")[1]
    assert (told["version"], told["status"] == "healthy") == (NEW.version, False)
    wait_until(lambda: pool.ask("GET", f"/control/workers/{busy}/health")[1]["status"] == "healthy")

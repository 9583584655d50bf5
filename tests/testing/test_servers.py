import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrations_app.testing.processes import ServerNotStarted, find_program
from migrations_app.testing.servers import PostgresServer, RedisServer, scratch_directory

pytestmark = pytest.mark.servers


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_redis_keeps_its_data_and_its_address_over_restart_and_kill(tmp_path):
    with RedisServer(tmp_path, password="a b") as server:
        url = server.url
        assert server.command("SET", "a", "1") == "+OK"
        server.restart()
        server.kill()
        assert not server.running
        server.start()

        assert server.command("GET", "a") == "$1"
        assert server.url == url
    assert not is_open(server.port)
    assert not (tmp_path / "redis.pid").exists()


def test_postgres_keeps_its_data_over_a_kill_and_leaves_nothing_but_data(tmp_path):
    with PostgresServer(tmp_path) as server:
        server.sql("CREATE TABLE t AS SELECT 7 AS n")
        server.kill()
        server.start()
        assert server.sql("SELECT n FROM t") == "7"
        assert server.create_database("more").endswith("/more")
        server.drop_database("more")
        with pytest.raises(RuntimeError, match="psql failed"):
            server.sql("SELECT nothing")
        socket_directory = Path(server.socket_directory)
    assert not is_open(server.port)
    assert not socket_directory.exists()
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_a_server_that_a_dead_owner_left_is_ended_first(tmp_path):
    left = RedisServer(tmp_path).start()
    with RedisServer(tmp_path) as server:
        assert server.running
        assert not left.running
    left.stop()


def test_a_closed_folder_above_is_no_obstacle_and_its_rights_stay():
    with scratch_directory() as scratch:
        scratch.chmod(0o700)
        deep = scratch / ("deep" * 30)
        with PostgresServer(deep) as server:
            assert server.sql("SELECT 1") == "1"
            assert len(server.socket_directory) < 100
        assert scratch.stat().st_mode & 0o777 == 0o700
    assert not scratch.exists()


def test_a_server_that_cannot_start_says_what_it_wrote(tmp_path):
    with pytest.raises(ServerNotStarted, match=r"(?i)bad directive|no-such-option"):
        RedisServer(tmp_path, options={"no-such-option": "1"}).start()
    with pytest.raises(ServerNotStarted, match="was not found"):
        find_program("no-such-server", [])


def test_frozen_and_thawed(tmp_path):
    with RedisServer(tmp_path, persistent=False) as server:
        server.freeze()
        server.thaw()

        assert server.command("PING") == "+PONG"
        os.kill(server.pid, 0)


def test_servers_end_with_a_process_that_is_killed(tmp_path):
    program = (
        "import sys, time; from migrations_app.testing.servers import PostgresServer, RedisServer;"
        "servers = [kind(sys.argv[1] + kind.__name__).start() for kind in (PostgresServer, RedisServer)];"
        "print(*(server.port for server in servers), flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, f"{tmp_path}/"], stdout=subprocess.PIPE, text=True)
    ports = [int(port) for port in owner.stdout.readline().split()]
    assert all(is_open(port) for port in ports)

    owner.kill()
    owner.communicate()

    deadline = time.monotonic() + 10
    while any(is_open(port) for port in ports):
        assert time.monotonic() < deadline, "a server outlived its owner"
        time.sleep(0.01)

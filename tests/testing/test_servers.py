import os
import socket
from pathlib import Path

import pytest

from migrations_app.testing.processes import ServerNotStarted, find_program
from migrations_app.testing.servers import PostgresServer, RedisServer, scratch_directory

pytestmark = pytest.mark.servers


def listens(server):
    with socket.socket() as probe:
        return probe.connect_ex((server.host, server.port)) == 0


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
    assert not listens(server)
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
    assert not listens(server)
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

import os
import sys

import pytest

from migrations_app.demo.processes import Processes, ProcessFailed


@pytest.fixture
def processes(tmp_path):
    with Processes(tmp_path, dict(os.environ)) as running:
        yield running


def test_leaving_stops_everything_newest_first(tmp_path):
    with Processes(tmp_path, dict(os.environ)) as processes:
        started = [processes.start(name, [sys.executable, "-c", "import time; time.sleep(60)"]) for name in ("a", "b")]
        assert all(process.running for process in started)

    assert [process.popen.returncode for process in started] == [-15, -15]


def test_one_that_ended_by_itself_is_noticed_with_its_last_words(processes):
    process = processes.start("worker", [sys.executable, "-c", "print('out of paper')"])
    process.popen.wait(60)

    assert processes.ended() == [process]
    assert process.tail() == "out of paper"
    assert process.how_it_ended == "worker ended by itself with status 0:\nout of paper"


def test_one_that_was_killed_does_not_show_its_banner_as_the_reason(processes):
    process = processes.start("worker", [sys.executable, "-c", "print('BANNER', flush=True); input()"])
    process.popen.kill()
    process.popen.wait(60)

    assert process.how_it_ended.startswith("worker was killed (SIGKILL)")
    assert "BANNER" not in process.how_it_ended


def test_run_gives_standard_output_only(processes):
    out = processes.run("seed", [sys.executable, "-c", "import sys; print('{}'); print('noise', file=sys.stderr)"])

    assert out == "{}\n"


def test_run_that_fails_says_why(processes):
    with pytest.raises(ProcessFailed, match="no such table"):
        processes.run("seed", [sys.executable, "-c", "import sys; sys.exit('no such table')"])


def test_waiting_for_a_dead_web_process_ends_at_once(processes):
    web = processes.start("web", [sys.executable, "-c", "print('port taken')"])

    with pytest.raises(ProcessFailed, match="port taken"):
        processes.wait_for_page(web, "http://127.0.0.1:1/readyz")

"""A live node: sessions read per second, beside the node's own `ets:tab2list` brought over as one binary."""

import statistics
import time

from migrations_app.beam.node import Atom
from migrations_app.stores.sessions import open_store
from migrations_app.testing.beam import BeamNode
from migrations_app.testing.processes import scratch_directory

SERVER, TABLE = "Elixir.Snakepit.Bridge.SessionStore", "snakepit_sessions"
GOAL_A_SECOND = 20_000
PAGE = 1000
FILL = """
Make = fun(N) ->
    Metadata = #{user => N, name => integer_to_binary(N), ratio => N / 7, big => 1 bsl 70 + N,
                 tags => [a, b, {c, N}], nested => #{<<"k">> => [1, 2, 3], deep => #{x => <<"value">>}}},
    gen_server:call(Server, {create_session, <<"user-", (integer_to_binary(N))/binary>>,
                             [{ttl, 3600}, {metadata, Metadata}]})
  end,
[Make(N) || N <- lists:seq(From, To)], ok
"""


def fill(node: BeamNode, sessions: int) -> None:
    for start in range(1, sessions + 1, 5000):
        last = min(start + 4999, sessions)
        node.evaluate(FILL, seconds=60, Server=Atom(SERVER), From=start, To=last)


def report(sessions: int, rounds: int) -> None:
    print(f"A live node, {sessions:,} sessions with nested maps, read in pages of {PAGE}")
    unlimited = {"max_sessions": "infinity"}
    with scratch_directory() as directory, BeamNode(directory / "node", options=unlimited) as node:
        fill(node, sessions)
        ours, floor = [], []
        for number in range(rounds):
            floor.append(_whole_table(node, sessions))
            ours.append(_scanned(node, sessions))
            print(f"  round {number + 1}: one term {floor[-1]:,.0f}/s   scan {ours[-1]:,.0f}/s", flush=True)
    print(f"  the whole table as one binary of the node's own    {statistics.median(floor):,.0f} sessions/s")
    print(f"  scan: records with deadlines, page by page         {statistics.median(ours):,.0f} sessions/s")
    print(f"  (goal: at least {GOAL_A_SECOND:,}/s)\n")


def _whole_table(node: BeamNode, sessions: int) -> float:
    before = time.perf_counter()
    term = node.evaluate("term_to_binary(ets:tab2list(Table))", seconds=60, Table=Atom(TABLE))
    assert len(term) > sessions
    return sessions / (time.perf_counter() - before)


def _scanned(node: BeamNode, sessions: int) -> float:
    before, seen, cursor, last = time.perf_counter(), 0, "", False
    with open_store(node.config(), node.secrets, read_only=True) as store:
        while not last:
            page = store.scan(cursor, PAGE)
            seen += len(page.records)
            cursor, last = page.cursor, page.last
    assert seen == sessions, (seen, sessions)
    return sessions / (time.perf_counter() - before)

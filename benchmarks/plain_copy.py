"""The yardstick: what somebody would write in an afternoon. No deadlines, no checkpoints, no verification."""

import time

import psycopg
import redis

PAGE = 1000
TABLE = "plain_copy"


def plain_copy(redis_url: str, prefix: str, postgres_url: str) -> tuple[int, float]:
    """Copy all keys into a table with the same primary key as ours; (sessions, seconds).

    One round trip a page: the values of this page and the scan of the next one travel together.
    """
    with redis.Redis.from_url(redis_url) as source, psycopg.connect(postgres_url, autocommit=True) as target:
        target.execute(f"DROP TABLE IF EXISTS {TABLE}")
        target.execute(f"CREATE TABLE {TABLE} (key text PRIMARY KEY, value bytea NOT NULL)")
        began = time.perf_counter()
        copied = 0
        cursor, keys = source.scan(0, match=f"{prefix}*", count=PAGE)
        while True:
            pipeline = source.pipeline(transaction=False)
            if keys:
                pipeline.mget(keys)
            if cursor:
                pipeline.scan(cursor, match=f"{prefix}*", count=PAGE)
            answers = pipeline.execute()
            if keys:
                with target.cursor() as writer, writer.copy(f"COPY {TABLE} (key, value) FROM STDIN BINARY") as copy:
                    copy.set_types(("text", "bytea"))
                    for key, value in zip(keys, answers[0], strict=True):
                        if value is not None:
                            copy.write_row((key.decode().removeprefix(prefix), value))
                            copied += 1
            if not cursor:
                return copied, time.perf_counter() - began
            cursor, keys = answers[-1]

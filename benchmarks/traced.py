"""What following a driver costs a journaled step: as it is without settings, and with traces sent to a receiver."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from benchmarks.workshop import Workshop, measured

FOLLOWED = "followed"


@contextmanager
def receiving() -> Iterator[str]:
    """The address of a receiver that takes everything and keeps nothing."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: this is no log of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces"
    finally:
        server.shutdown()
        server.server_close()


def report(shop: Workshop, rounds: int, count: int) -> None:
    print(f"Cost of being followed, {count} journaled steps that do nothing")
    surroundings = shop.state()
    bare: list[float] = []
    off: list[float] = []
    on: list[float] = []
    with receiving() as address:
        kinds: tuple[tuple[list[float], tuple[str, ...], dict[str, str]], ...] = (
            (bare, (), {}),
            (off, (FOLLOWED,), {}),
            (on, (FOLLOWED,), {"SNAKEWEB_TRACES_URL": address}),
        )
        for number in range(rounds):
            for results, words, more in kinds:
                out = measured("benchmarks.journaled_steps", str(count), *words, surroundings=surroundings | more)
                results.append(1000 * float(out.splitlines()[-1]))
            print(
                f"  round {number + 1}: bare {bare[-1]:.2f} ms   off {off[-1]:.2f} ms   on {on[-1]:.2f} ms", flush=True
            )
    for what, values in (("nobody follows", bare), ("traces off, as shipped", off), ("traces on", on)):
        print(f"  {what:<64} {statistics.median(values):,.2f} ms a step")
    for what, values in (("off", off), ("on", on)):
        ratio = statistics.median(value / least for value, least in zip(values, bare, strict=True))
        print(f"  ratio {what} to nobody, the median of the rounds' {ratio:.2f}")
    print()

"""Faults of those who use the sessions: frozen, cut off, outdated clients; and a control plane that is away."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.configuration import router_from
from migrations_app.services import routes
from migrations_app.stores.routed.base import bucket_of
from migrations_app.testing.histories import HistoryWriter
from migrations_app.testing.proxy import TcpProxy
from tests.faults.zero_downtime.client import Client, packed
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge, level
from tests.faults.zero_downtime.places import HOUR_MS, Contents, now_ms
from tests.faults.zero_downtime.plane import now
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import stage
from tests.faults.zero_downtime.traps import Trap

DETECTED_SECONDS = 5.0


@contextmanager
def far_control_plane(journey: Journey) -> Iterator[tuple[TcpProxy, str]]:
    """A way of its own to the control plane, and its address."""
    with TcpProxy("127.0.0.1", journey.plane.web_port) as proxy:
        yield proxy, f"http://127.0.0.1:{proxy.port}"


@contextmanager
def client_here(journey: Journey, name: str, url: str) -> Iterator[Client]:
    """A client in this process, whose way to the control plane is that one; its operations are recorded as well."""
    document = journey.router()
    document["route"] = {**document["route"], "url": url, "client_id": name}
    config = {"name": name, "seed": journey.rig.seed, "sessions": journey.busy}
    with router_from(document) as router, HistoryWriter(journey.directory / f"{name}.history", name) as writer:
        yield Client(config, router, writer)


@fault("F14")
def frozen_and_late(rig: Rig) -> None:
    """Frozen before the hand-over and woken after it, still without news of it: the stores tell it."""
    beginnings = (True,) if rig.quick else (True, False)
    with stage(rig) as at:
        for fenced in beginnings:
            about = "asleep since dual_a" if fenced else "asleep since plain_a"
            with (
                rig.about(about),
                at.journey("redis", "redis") as journey,
                far_control_plane(journey) as (proxy, url),
            ):
                journey.traffic.start(journey.busy, clients=5)
                journey.traffic.start(journey.busy, clients=3, name="late", url=url, rate=100)
                late = [f"late{number}" for number in (1, 2, 3)]
                if not fenced:
                    _sleep(journey, late, proxy)
                journey.execute()
                journey.until_dual()
                if fenced:
                    _sleep(journey, late, proxy)
                journey.over()
                for name in late:
                    journey.traffic.thaw(name)
                rig.watch(1.5)
                proxy.thaw()
                rig.watch(1.5)
                judge(journey)
                rig.expect(rig.counts["fenced"] >= len(late) or not fenced, "O8 no late client was refused by a store")


def _sleep(journey: Journey, names: list[str], proxy: TcpProxy) -> None:
    """The way to the control plane is closed first, so that no answer waits for those who wake up."""
    proxy.freeze()
    for name in names:
        journey.traffic.freeze(name)


@fault("F15")
def cut_off(rig: Rig) -> None:
    """Three clients reach the stores but not the control plane: they serve on, and are told by the stores.

    In the canary the relay stands still: nobody but the hand-over itself can carry what is written. Its driver stands
    before it raises the fence: the quiet one of the three writes sessions there that nobody has written lately. It
    stands once more behind the fence: the origin tells the quiet client of the hand-over, and goes on answering its
    reads under that epoch. After the flip a client that is not cut off writes to the replica: the origin's answer to
    the quiet client would be stale now, and only a second fence keeps it back.
    """
    with (
        stage(rig, workers=0) as at,
        at.journey("redis", "redis", busy=1200, canary_soak_ms=0, pause_limit_ms=5000) as journey,
        far_control_plane(journey) as (proxy, url),
        client_here(journey, "quiet", url) as quiet,
        client_here(journey, "near", at.plane.url) as near,
    ):
        points = ("hand_off.published", "hand_off.drained", "relay.handing")
        published, drained, relaying = traps = [Trap(rig, point) for point in points]
        at.plane.start_workers("worker-1", "worker-2", crash_at=";".join(trap.armed for trap in traps))
        first_wave = [name for name in journey.busy if bucket_of(name) == 0]
        elsewhere = [name for name in journey.busy[:200] if bucket_of(name) != 0]
        journey.traffic.start(elsewhere, clients=6)
        for name, sessions, mix in (
            ("writer", elsewhere, {"set": 1}),
            ("reader", [*first_wave, *elsewhere[:10]], {"get": 1}),
        ):
            journey.traffic.start(sessions, clients=1, name=name, url=url, rate=150, mix=mix)
        session = first_wave[0]
        quiet.get(session)
        journey.execute()
        journey.until_dual()
        proxy.freeze()
        began = time.monotonic()
        rig.watch(rig.seconds(30, 2))
        journey.hand_over()
        # Reading all the while, it has found out before that its lease is over and nobody answers.
        rig.wait(lambda: quiet.get(session) or (published.sprung and relaying.sprung), 60, "both to be caught")
        for name in first_wave:
            quiet.set(name)
        published.open()
        drained.wait()
        quiet.get(session)
        first, told = journey.record.epoch, quiet.summary()["router"]["fenced"]
        drained.open()
        journey.wait(lambda: journey.record.at(0).phase is RoutePhase.DUAL_B, 30, "the canary to be handed over")
        rig.expect(told and journey.record.at(0).epoch == first + 1, "O8 the quiet client was not told of a hand-over")
        near.set(session)
        quiet.get(session)
        rig.watch(0.5)
        relaying.open()
        # What keeps the hand-over from going on is for the oracles to name: without fences the clients lose writes.
        rig.reaches(lambda: journey.served_by_b, 60, "the target to serve every bucket")
        rig.count(cut_off_s=round(time.monotonic() - began, 1))
        rig.watch(2)
        proxy.thaw()
        judge(journey)
        rig.expect(rig.counts["fenced"] >= 1, "O8 the clients that were cut off were never refused")


@fault("F27")
def old_build(rig: Rig) -> None:
    """Code that knows nothing of the route writes to the source while both are kept level."""
    with stage(rig) as at:
        for source in ("redis",) if rig.quick else ("redis", "postgres"):
            with rig.about(source), at.journey(source, "redis", quiet=600) as journey:
                journey.traffic.start(journey.busy)
                journey.execute()
                journey.until_dual()
                strays = journey.quiet[:5]
                ends = now_ms() + 3 * HOUR_MS
                for number, name in enumerate(strays):
                    journey.a.put(name, packed(f"stray.{number}"), ends)
                journey.a.remove(journey.quiet[5])
                began = time.monotonic()
                seen = rig.reaches(
                    lambda journey=journey: _stray(journey) or journey.panel("relay").get("legacy_writes", 0) >= 1,
                    2 * DETECTED_SECONDS if rig.quick else DETECTED_SECONDS,
                    "the writes of an old build to be noticed",
                )
                rig.most(detected_after_s=round(time.monotonic() - began, 2))
                journey.hand_over()
                rig.reaches(
                    lambda journey=journey: _stray(journey) or "G4" in journey.closed_gates(),
                    10,
                    "the gate G4 to be closed for them",
                )
                rig.watch(1, partial(_stray, journey))
                rig.expect(not journey.buckets(RoutePhase.DUAL_B), "a bucket was handed over beside an old build")
                rig.add(detected=int(seen))
                rig.reaches(
                    lambda journey=journey, strays=strays: _carried(journey, strays), 20, "the stray writes on b"
                )
                _as_left(journey, strays)
                judge(journey)


def _stray(journey: Journey) -> None:
    """The old build goes on writing: a single write while nobody watches is left to the verifier, and a gate that hears
    nothing for a while opens again.
    """
    journey.a.put(journey.quiet[0], packed("stray.0"), now_ms() + 3 * HOUR_MS)


def _carried(journey: Journey, strays: list[str]) -> bool:
    a, b = journey.a.contents(), journey.b.contents()
    there = all(name in b for name in strays)
    return there and journey.quiet[5] not in b and not list(level(_only(a, strays), _only(b, strays)))


def _only(contents: Contents, names: list[str]) -> Contents:
    return {name: contents[name] for name in names}


def _as_left(journey: Journey, strays: list[str]) -> None:
    """What the strays changed is no longer to be as it was in the beginning."""
    changed = {*strays, journey.quiet[5]}
    journey.quiet = [name for name in journey.quiet if name not in changed]


@fault("F28")
def retired_too_early(rig: Rig) -> None:
    """A client that lives but has not heard of single_b: completing waits for it, and the old store stays as it is."""
    with stage(rig) as at, at.journey("redis", "redis", soak_ms=300) as journey:
        journey.traffic.start(journey.busy, clients=4)
        journey.execute()
        journey.until_dual()
        journey.over()
        judge(journey)
        stuck = journey.record.epoch
        untouched = journey.a.contents()

        def renew() -> None:
            routes.renew_lease(
                actor=at.plane.actor(), now=now(), name=journey.name, client_id="late", boot_id="x", acked_epoch=stuck
            )

        renew()
        rig.wait(lambda: journey.run.parked_because == "confirmation", 30, "completing to be asked for")
        journey.confirm()
        rig.watch(4, renew)
        rig.expect(journey.step_state("complete") != "succeeded", "completed although a client had not acknowledged")
        rig.expect(journey.step_state("retire") in ("", "pending"), "the old store was retired too early")
        rig.expect(journey.a.contents() == untouched, "the old store was touched")
        rig.count(waited_for_it=1)
        rig.wait(lambda: journey.state == "succeeded", 60, "the end, once its lease has run out")

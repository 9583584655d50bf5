"""No fault: what every other scenario deviates from."""

from tests.faults.zero_downtime.oracles import judge
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import stage

PAIRS = (("redis", "redis"), ("redis", "postgres"), ("postgres", "redis"), ("sqlite", "postgres"), ("redis", "sqlite"))


@fault("F0")
def over_and_back(rig: Rig) -> None:
    soak = round(1000 * (rig.seconds(20) + 8))  # longer than the judges take before the way back
    with stage(rig) as at:
        for source, target in PAIRS[:1] if rig.quick else PAIRS:
            with rig.about(f"{source} to {target}"), at.journey(source, target, soak_ms=soak) as journey:
                journey.traffic.start(journey.busy)
                journey.execute()
                journey.until_dual()
                journey.over()
                rig.watch(rig.seconds(20))
                journey.back()
                rig.watch(rig.seconds(20))
                journey.over()
                judge(journey)
                journey.complete()
                rig.add(journeys=1)

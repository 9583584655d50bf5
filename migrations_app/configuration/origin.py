"""From which release a conversion begins, when nobody said so."""

from migrations_app.configuration.conversion import NoWay, convert
from migrations_app.configuration.detection import Detection
from migrations_app.configuration.document import Configuration
from migrations_app.configuration.rules.chain import way
from migrations_app.snakepit.versions import Version


class Ambiguous(ValueError):
    """Several releases fit, and it makes a difference which one it is. Nothing was changed."""

    def __init__(self, detection: Detection) -> None:
        self.detection = detection
        super().__init__(f"{detection.summary} They lead to different results.")


def origin_of(configuration: Configuration, detection: Detection, to: Version) -> Version:
    """The oldest release that fits, if every one that fits leads to the same bytes. Raises Ambiguous."""
    by_way = {way(version, to): version for version in reversed(detection.possible)}
    results: list[object] = []
    for version in by_way.values():
        try:
            after: object = dict(convert(configuration, origin=version, to=to).after)
        except NoWay as refused:
            after = str(refused)
        if results and after != results[0]:
            raise Ambiguous(detection)
        results.append(after)
    return detection.possible[0]

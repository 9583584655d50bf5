from typing import Any

from ninja import Query, Router, Schema

from migrations_app.api.callers import ApiRequest, now
from migrations_app.engine.trends import Span
from migrations_app.selectors import trends as reads
from migrations_app.selectors.trends import TrendFilters, Trends

router = Router(tags=["trends"])


class Asked(Schema):
    """`stores` is a pair as `redis to postgres`. `month` is by day, `quarter` by week, `year` by four weeks."""

    environment: str = ""
    type: str = ""
    stores: str = ""
    span: Span = Span.QUARTER


@router.get("", response=Trends, summary="Durations, throughput and failures over time")
def trends(request: ApiRequest, which: Query[Asked]) -> Any:
    """Of apply runs in the environments that the caller may see, for planning capacity; not of dry runs and rehearsals.

    Durations (seconds, from start to end with waits) and throughput are of runs that succeeded. A run failed when it
    ended with an error, whether or not everything was undone.
    """
    return reads.trends(actor=request.auth, now=now(), filters=TrendFilters(**which.dict()))

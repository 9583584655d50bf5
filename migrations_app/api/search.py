from typing import Annotated, Any

from ninja import Query, Router

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Page, Paging
from migrations_app.selectors.search import KindFacet
from migrations_app.selectors.search_nouns import SearchHit
from migrations_app.selectors.search_query import LONGEST
from migrations_app.services import searching

router = Router(tags=["search"])


class Asked(Paging):
    """`q` is words, numbers, the beginning of a digest, and `kind:run state:failed env:prod`."""

    q: Annotated[str, Query(max_length=LONGEST)] = ""


class SearchPage(Page[SearchHit]):
    """Best first. `facets` count each kind, up to 1,000; their `q` asks for that kind alone. `notes` say which part of
    the question nothing can answer, `instead` is another spelling that finds something where this one found nothing."""

    facets: list[KindFacet]
    notes: list[str]
    instead: str


@router.get("", response=SearchPage)
def search(request: ApiRequest, which: Query[Asked]) -> Any:
    """Everything that the caller may see; `path` is the page that shows it."""
    found = searching.search(actor=request.auth, now=now(), q=which.q, cursor=which.cursor, limit=which.limit)
    return {
        "items": found.hits,
        "next_cursor": found.next_cursor,
        "total": found.total,
        "facets": found.facets,
        "notes": found.notes,
        "instead": found.instead,
    }

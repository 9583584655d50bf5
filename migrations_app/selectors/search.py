"""One box that finds everything a person may see. What there is to find is `search_table.NOUNS`.

Best first: by number, digest or whole name; names that begin so; a word that begins so; a part of a name; other texts.
Among equally good ones the order of the table decides, and the newest comes first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from heapq import nsmallest
from typing import Any

from migrations_app.models import Environment
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.paging import LARGEST_PAGE
from migrations_app.selectors.search_nouns import Noun, Reader, SearchHit, matching, ranked
from migrations_app.selectors.search_query import SearchQuery, named, read
from migrations_app.selectors.search_table import KINDS, NAMES, NOUNS

PAGE = 25
MOST_COUNTED = 1_000  # of a kind: counting on would read whole tables for a number that nobody compares
MOST_COMPARED = 2_000  # newest names of a kind that a misspelt word is compared with
LIKE_ENOUGH = 0.75
_PLACES = {noun.kind: place for place, noun in enumerate(NOUNS)}
_CURSOR = re.compile(r"([0-9])\.([a-z_]{1,20})\.([0-9]{1,18})")
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class KindFacet:
    """How many of one kind match, up to 1,000. `q` asks for these alone."""

    kind: str
    title: str
    count: int
    q: str

    @property
    def counted(self) -> str:
        return f"{self.count:,}+" if self.count >= MOST_COUNTED else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Found:
    """`notes` say which part of the question nothing can answer. `instead` is another spelling that finds something,
    where this one found nothing. `q_everywhere` asks the same of every kind."""

    query: SearchQuery
    hits: tuple[SearchHit, ...] = ()
    next_cursor: str = ""
    facets: tuple[KindFacet, ...] = ()
    notes: tuple[str, ...] = ()
    instead: str = ""

    @property
    def total(self) -> int:
        asked = [facet.count for facet in self.facets if self.query.kind in ("", facet.kind)]
        return sum(asked)

    @property
    def counted(self) -> str:
        asked = [facet for facet in self.facets if self.query.kind in ("", facet.kind)]
        return f"{self.total:,}" + ("+" if any(facet.count >= MOST_COUNTED for facet in asked) else "")

    @property
    def q_everywhere(self) -> str:
        return self.query.of_kind("").text


_Ranked = tuple[int, int, int, Any]


def search(*, actor: Actor, q: str, cursor: str = "", limit: int = PAGE) -> Found:
    """Never raises: a text that asks for nothing finds nothing, a cursor that is not ours starts from the top."""
    query = named(read(q), NAMES)
    if query.empty:
        return Found(query)
    reader = Reader(actor, access_of(actor))
    found = _search(reader, query, _after(cursor), min(max(limit, 1), LARGEST_PAGE))
    notes = tuple(_notes(reader, query))
    if found.hits or cursor or not query.words:
        return replace(found, notes=notes)
    return replace(found, notes=notes, instead=_instead(reader, query))


def quick(*, actor: Actor, q: str, limit: int, each: int) -> tuple[SearchHit, ...]:
    """The best few for a box that answers while somebody types, at most `each` of a kind; nothing is counted."""
    query = named(read(q), NAMES)
    if query.empty:
        return ()
    reader = Reader(actor, access_of(actor))
    rows = [row for noun in NOUNS for row in _best(reader, noun, query, None, each)]
    return tuple(KINDS[NOUNS[place].kind].hit(row) for _, place, _, row in _first(rows, limit))


def _search(reader: Reader, query: SearchQuery, after: tuple[int, int, int] | None, limit: int) -> Found:
    rows: list[_Ranked] = []
    facets = []
    for noun in NOUNS:
        best = _best(reader, noun, query, after, limit + 1)
        rows += best
        asked = query.kind in ("", noun.kind)
        count = len(best) if asked and after is None and len(best) <= limit else _count(reader, noun, query)
        if count:
            facets.append(KindFacet(noun.kind, noun.title, count, query.of_kind(noun.kind).text))
    page = _first(rows, limit)
    rank, place, pk, _ = page[-1] if page else (0, 0, 0, None)
    more = f"{rank}.{NOUNS[place].kind}.{-pk}" if len(rows) > len(page) else ""
    return Found(query, tuple(NOUNS[place].hit(row) for _, place, _, row in page), more, tuple(facets))


def _best(
    reader: Reader, noun: Noun, query: SearchQuery, after: tuple[int, int, int] | None, limit: int
) -> list[_Ranked]:
    """The first of a kind that come after a place in the order (rank, kind, newest)."""
    rows = matching(noun, reader, query)
    if rows is None:
        return []
    place = _PLACES[noun.kind]
    rows = ranked(rows, noun, query)
    if after is not None:
        rank, of, last = after
        if place == of:
            rows = rows.exclude(rank__lt=rank).exclude(rank=rank, pk__gte=last)
        else:
            rows = rows.filter(**{"rank__gte" if place > of else "rank__gt": rank})
    return [(row.rank, place, -row.pk, row) for row in rows[:limit]]


def _first(rows: Iterable[_Ranked], limit: int) -> list[_Ranked]:
    return nsmallest(limit, rows, key=lambda row: row[:3])


def _count(reader: Reader, noun: Noun, query: SearchQuery) -> int:
    """Of any kind, also of one that was not asked for: that is what the way to it says."""
    rows = matching(noun, reader, query.of_kind(noun.kind if query.kind == noun.kind else ""))
    return 0 if rows is None else rows.order_by().values("pk")[:MOST_COUNTED].count()


def _after(cursor: str) -> tuple[int, int, int] | None:
    parts = _CURSOR.fullmatch(cursor)
    return (int(parts[1]), _PLACES[parts[2]], int(parts[3])) if parts and parts[2] in _PLACES else None


def _notes(reader: Reader, query: SearchQuery) -> Iterable[str]:
    if query.kind and query.kind not in KINDS:
        yield f"There is no kind “{query.kind}”. Kinds are: {', '.join(KINDS)}."
    if query.state and not any(query.state in noun.states for noun in NOUNS):
        yield f"Nothing has the state “{query.state}”. Some are planned, in_review, running, failed, open."
    if query.environment:
        seen = Environment.objects.filter(reader.access.within(Permission.VIEW, "pk"))
        if not seen.filter(name__istartswith=query.environment).exists():
            yield f"No environment that you may see begins with “{query.environment}”."
    if query.left_out:
        yield f"Only the first {len(query.words)} words were looked for."


def _instead(reader: Reader, query: SearchQuery) -> str:
    """Each word that no name has, replaced by the most similar one of a name that this reader may see."""
    known: set[str] = set()
    for noun in NOUNS:
        if noun.spelled:
            names = noun.rows(reader).order_by("-pk").values_list(noun.name, flat=True)[:MOST_COMPARED]
            known.update(word for name in names for word in _WORD.findall(name.casefold()))
    words = tuple(_WORD.sub(lambda part: _closest(part[0], known), word) for word in query.words)
    other = replace(query, words=words)
    if words == query.words or not any(_best(reader, noun, other, None, 1) for noun in NOUNS):
        return ""
    return other.text


def _closest(word: str, known: set[str]) -> str:
    small = word.casefold()
    if any(small in each for each in known):
        return word
    return next(iter(get_close_matches(small, known, n=1, cutoff=LIKE_ENOUGH)), word)

"""What a kind of thing says about itself so that it can be searched for, and how its rows are matched and ranked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access
from migrations_app.selectors.search_query import SearchQuery, spellings

EXACT, BEGINS, WORD, WITHIN, ELSEWHERE = range(5)
_BEFORE_A_WORD = (" ", "-", "_", "/", ".", "“", "(")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who searches, and what they may."""

    actor: Actor
    access: Access


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`path` is the page that shows it, which opens for whoever found it. `state` and `environment` may be ''."""

    kind: str
    id: int
    title: str
    subtitle: str
    state: str
    environment: str
    path: str


@dataclass(frozen=True, slots=True)
class Noun:
    """One row of the table. `rows` are those whose `path` this reader may open, and never one more.

    `name` is the field that is ranked by, `texts` are looked in besides, `asked_texts` only where this kind was asked
    for. `beginnings` are digests, found by their beginning; `equal` is found as a whole; `numbered`: by its number.
    `environment` is the field with an environment's name; `states` are the words after `state:`. `bound` keeps a table
    that only grows from being read as a whole. `spelled`: its names are what a misspelt word is compared with.
    """

    kind: str
    plural: str
    icon: str
    rows: Callable[[Reader], QuerySet[Any]]
    hit: Callable[[Any], SearchHit]
    name: str
    texts: tuple[str, ...] = ()
    asked_texts: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()
    numbered: bool = False
    environment: str = ""
    states: Mapping[str, Q] = field(default_factory=dict)
    bound: Callable[[], Q] | None = None
    spelled: bool = False

    @property
    def title(self) -> str:
        return self.plural[:1].upper() + self.plural[1:]


def states_of(model: type[Model], *fields: str) -> dict[str, Q]:
    """Each value that one of the fields can have, as a filter for it."""
    found: dict[str, Q] = {}
    for name in fields:
        for value, _ in getattr(model._meta.get_field(name), "choices", None) or ():
            found[str(value)] = found.get(str(value), Q()) | Q(**{name: value})
    return found


def matching(noun: Noun, reader: Reader, query: SearchQuery) -> QuerySet[Any] | None:
    """None: nothing of this kind can be what was asked for."""
    if query.kind not in ("", noun.kind):
        return None
    conditions = Q()
    if query.state:
        if query.state not in noun.states:
            return None
        conditions &= noun.states[query.state]
    if query.environment:
        if not noun.environment:
            return None
        conditions &= Q(**{f"{noun.environment}__istartswith": query.environment})
    if query.words:
        said = _said(noun, query)
        if said is None:
            return None
        conditions &= said
    elif noun.bound:
        conditions &= noun.bound()
    return noun.rows(reader).filter(conditions)


def ranked(rows: QuerySet[Any], noun: Noun, query: SearchQuery) -> QuerySet[Any]:
    """Best first, then newest first. `rank` is one of the five above."""
    best_first: QuerySet[Any] = rows.annotate(rank=_rank(noun, query)).order_by("rank", "-pk")
    return best_first


def _said(noun: Noun, query: SearchQuery) -> Q | None:
    """Every word stands somewhere in its texts; or it is meant by its number, its digest, or as a whole."""
    texts = (*noun.texts, *(noun.asked_texts if query.kind == noun.kind else ()))
    fields = tuple(dict.fromkeys(((noun.name,) if noun.name else ()) + texts))
    found = _exactly(noun, query)
    if fields:
        words = Q()
        for word in query.words:
            words &= _any(fields, "icontains", spellings(word))
        words = words & noun.bound() if noun.bound else words
        found = words if found is None else found | words
    return found


def _exactly(noun: Noun, query: SearchQuery) -> Q | None:
    found: list[Q] = []
    if noun.numbered and query.number is not None:
        found.append(Q(pk=query.number))
    if query.beginning:  # a range, which an index leads to: `g` comes after every figure of a digest
        end = f"{query.beginning}g"
        found += [Q(**{f"{name}__gte": query.beginning, f"{name}__lt": end}) for name in noun.beginnings]
    found += [Q(**{name: query.phrase}) for name in noun.equal]
    result = None
    for each in found:
        result = each if result is None else result | each
    return result


def _rank(noun: Noun, query: SearchQuery) -> Case | Value:
    if not query.words:
        return Value(EXACT, IntegerField())
    phrases = tuple(spellings(query.phrase))
    exactly = _exactly(noun, query)
    cases = [] if exactly is None else [When(exactly, then=Value(EXACT))]
    if noun.name:
        name = (noun.name,)
        after = tuple(f"{before}{phrase}" for before in _BEFORE_A_WORD for phrase in phrases)
        within = Q()
        for word in query.words:
            within &= _any(name, "icontains", spellings(word))
        cases += [
            When(_any(name, "iexact", phrases), then=Value(EXACT)),
            When(_any(name, "istartswith", phrases), then=Value(BEGINS)),
            When(_any(name, "icontains", after), then=Value(WORD)),
            When(within, then=Value(WITHIN)),
        ]
    return Case(*cases, default=Value(ELSEWHERE), output_field=IntegerField())


def _any(fields: tuple[str, ...], lookup: str, values: Any) -> Q:
    found = Q()
    for name in fields:
        for value in values:
            found |= Q(**{f"{name}__{lookup}": value})
    return found

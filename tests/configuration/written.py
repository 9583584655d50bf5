"""Configurations in Elixir as people write them, made up by Hypothesis, each with what it says."""

import string
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from migrations_app.configuration.plain import AtRunTime, Said
from migrations_app.configuration.values import Atom, Module

WORDS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=6).filter(
    lambda word: (
        word not in {"do", "end", "nil", "true", "false", "and", "or", "not", "in", "fn", "when", "_"}
        and word not in {"else", "after", "catch", "rescue"}
        and word.strip("_") != ""
    )
)
KEYS = st.tuples(WORDS, st.sampled_from(["", "", "", "?"])).map("".join)
COMMENTS = st.builds("# {}{}".format, st.integers(0, 10**9), st.sampled_from([" a: 1, ]} do", ' "', " é"]))
"""Each another one, so that a lost one is missed."""
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\#'), max_size=8)


@dataclass(frozen=True)
class Written:
    text: str
    said: Said


@dataclass(frozen=True)
class File:
    text: str
    said: tuple[tuple[str, Said], ...]


SCALARS = st.one_of(
    st.integers(0, 10**7).map(lambda n: Written(f"{n:_}", n)),
    st.integers(-99, 99).map(lambda n: Written(str(n), n)),
    st.integers(-(10**6), 10**6).map(lambda n: Written(f"{n / 1000:.3f}", n / 1000)),
    st.sampled_from(
        [
            Written("true", True),
            Written("nil", None),
            Written("Snakepit.Adapters.GRPCPython", Module("Snakepit.Adapters.GRPCPython")),
            Written("System.schedulers_online() * 2", AtRunTime("System.schedulers_online() * 2")),
            Written('System.get_env("X", "a,b")', AtRunTime('System.get_env("X", "a,b")')),
            Written("~w(a b)", ["a", "b"]),
            Written('"a\\n\\"b\\" \\#{c}"', 'a\n"b" #{c}'),
            Written(':"odd one"', Atom("odd one")),
        ]
    ),
    WORDS.map(lambda word: Written(f":{word}", Atom(word))),
    TEXT.map(lambda text: Written(f'"{text}"', text)),
)


def values(depth: int = 2) -> st.SearchStrategy[Written]:
    if depth == 0:
        return SCALARS
    return st.one_of(SCALARS, SCALARS, lists(depth), tuples(depth), maps(depth), keyword_lists(depth))


@st.composite
def lists(draw: st.DrawFn, depth: int) -> Written:
    items = draw(st.lists(values(depth - 1), max_size=3))
    return Written(draw(laid_out("[", [item.text for item in items], "]")), [item.said for item in items])


@st.composite
def tuples(draw: st.DrawFn, depth: int) -> Written:
    items = draw(st.lists(values(depth - 1), min_size=1, max_size=3))
    return Written(draw(laid_out("{", [item.text for item in items], "}")), tuple(item.said for item in items))


@st.composite
def maps(draw: st.DrawFn, depth: int) -> Written:
    entries = draw(st.dictionaries(KEYS, values(depth - 1), max_size=3))
    arrows = draw(st.sampled_from(["", "text", "atom"]))
    keys = {"": "{}: ", "text": '"{}" => ', "atom": ":{} => "}[arrows]
    texts = [f"{keys.format(key)}{value.text}" for key, value in entries.items()]
    said = {key if arrows == "text" else Atom(key): value.said for key, value in entries.items()}
    return Written(draw(laid_out("%{", texts, "}")), said)


@st.composite
def keyword_lists(draw: st.DrawFn, depth: int) -> Written:
    entries = draw(st.dictionaries(KEYS, values(depth - 1), min_size=1, max_size=3))
    pairs = draw(st.booleans())
    texts = [f"{{:{key}, {value.text}}}" if pairs else f"{key}: {value.text}" for key, value in entries.items()]
    return Written(draw(laid_out("[", texts, "]")), [(Atom(key), value.said) for key, value in entries.items()])


@st.composite
def laid_out(draw: st.DrawFn, opening: str, texts: Sequence[str], closing: str, last: bool = True) -> str:
    """On one line, or on several with comments between; `last`: a comma after the last may stand."""
    if not texts or draw(st.booleans()):
        return f"{opening}{', '.join(texts)}{closing}"
    lines = [opening]
    for at, text in enumerate(texts):
        if draw(st.integers(0, 4)) == 0:
            lines += draw(st.lists(COMMENTS, min_size=1, max_size=2))
        ends = at == len(texts) - 1
        comma = "," if not ends or (last and draw(st.booleans())) else ""
        lines.append(f"{text}{comma}{draw(st.sampled_from(['', '', f' {draw(COMMENTS)}']))}")
    inner = "\n    ".join(lines)
    if closing and (draw(st.booleans()) or "#" in lines[-1]):
        return f"{inner}\n  {closing}"
    return f"{inner}{closing}"


@st.composite
def calls(draw: st.DrawFn) -> File:
    entries = draw(st.dictionaries(KEYS, values(), min_size=1, max_size=4))
    said = tuple((key, value.said) for key, value in entries.items())
    keys = [f"{key}: {value.text}" for key, value in entries.items()]
    (key, value), *_ = entries.items()
    match draw(st.sampled_from(["keys", "keys", "parentheses", "brackets", "sub", "bare", "put"])):
        case "keys":
            return File(f"config :snakepit, {draw(laid_out('', keys, '', last=False))}", said)
        case "parentheses":
            return File(f"config(:snakepit, {', '.join(keys)})", said)
        case "brackets":
            return File(f"config :snakepit, {draw(laid_out('[', keys, ']'))}", said)
        case "bare":
            whole = [(Atom(name), one) for name, one in said]
            bare = draw(laid_out("", keys, "", last=False))
            return File(f"config :snakepit, :whole?, {bare}", (("whole?", whole),))
        case "put":
            return File(f"Application.put_env(:snakepit, :{key}, {value.text})", ((key, value.said),))
    return File(f"config :snakepit, :{key}, {value.text}", ((key, value.said),))


@st.composite
def files(draw: st.DrawFn) -> File:
    parts: list[str] = ["import Config"]
    said: list[tuple[str, Said]] = []
    for call in draw(st.lists(calls(), min_size=1, max_size=3)):
        parts.append(draw(st.sampled_from(["", "", "# of the next", "# of none\n", "config :logger, level: :info\n"])))
        wrapped = draw(st.integers(0, 3)) == 0
        parts.append(f"if ready? do\n  {call.text}\nend" if wrapped else call.text)
        said += call.said
    text = "\n".join(parts) + draw(st.sampled_from(["\n", "\n\n# the end\n", ""]))
    return File(text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"]))), tuple(said))

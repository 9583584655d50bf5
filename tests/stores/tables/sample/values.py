"""Values of a column by the number of its row and a source of chance. Texts are as both databases take them."""

import json
import math
from collections.abc import Callable
from random import Random
from uuid import UUID

Value = int | float | str | bytes | bool | None
Make = Callable[[int, Random], Value]
WORDS = (
    "naïve", "Straße", "日本語", "Ελλάδα", "Ünïcödé", "кириллица", "עברית", "العربية", "🦊 fox", "plain", "quote's",
    'double "quoted"', "back\\slash", "tab\there", "new\nline", "", " spaced ", "ﬁ ligature", "e\u0301", "{brace}",
    "NULL", "\\N",
)  # fmt: skip
DATES = (
    "infinity",
    "-infinity",
    "0044-03-15 BC",
    "4713-01-01 BC",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "5874897-12-31",
)
TIMES = ("infinity", "-infinity", "0044-03-15 12:00:00 BC", "0001-01-01 00:00:00", "294276-12-31 23:59:59.999999")
INTERVALS = ("PT0S", "P1Y2M-3DT-3H-54M-53.5S", "P178000000Y", "PT-0.000001S", "P30D", "P1M")
FLOATS = (0.0, 1e23, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 9007199254740993.0, 0.1)


def number(row: int, chance: Random) -> int:
    return row


def below(limit: int) -> Make:
    """A key of a table with so many rows."""
    return lambda row, chance: chance.randrange(max(limit, 1)) + 1


def choice(*values: Value) -> Make:
    return lambda row, chance: chance.choice(values)


def sometimes(make: Make, share: float = 0.1) -> Make:
    """Null now and then."""
    return lambda row, chance: None if chance.random() < share else make(row, chance)


def rarely(values: tuple[Value, ...], make: Make, share: float = 0.02) -> Make:
    """One of the extremes now and then."""
    return lambda row, chance: chance.choice(values) if chance.random() < share else make(row, chance)


def text(words: int) -> Make:
    return lambda row, chance: " ".join(chance.choices(WORDS, k=words))


def named(prefix: str) -> Make:
    return lambda row, chance: f"{prefix} {row} {WORDS[row % 9]}"


def date(row: int, chance: Random) -> str:
    return f"{chance.randint(1900, 2099)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"


def clock(row: int, chance: Random) -> str:
    seconds, micros = chance.randrange(86_400), chance.randrange(1, 10**6)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros:06d}"


def timestamp(row: int, chance: Random) -> str:
    return f"{date(row, chance)} {clock(row, chance)}"


def instant(row: int, chance: Random) -> str:
    return f"{timestamp(row, chance)}+00"


def in_utc(values: tuple[str, ...]) -> tuple[Value, ...]:
    zoned = (one.replace(" BC", "") + ("+00 BC" if one.endswith("BC") else "+00") for one in values)
    return tuple(old if "infinity" in old else new for old, new in zip(values, zoned, strict=True))


def money(row: int, chance: Random) -> str:
    return f"{chance.randrange(10**9) / 100:.2f}"


def digits(row: int, chance: Random) -> str:
    return f"{chance.randrange(-(10**38), 10**38)}.{chance.randrange(10**12):012d}"


def real(row: int, chance: Random) -> float:
    return chance.gauss(0, 1000)


def single(row: int, chance: Random) -> float:
    return chance.randrange(-(2**20), 2**20) / 1024


def raw(most: int) -> Make:
    return lambda row, chance: chance.randbytes(chance.randrange(most))


def uuid(row: int, chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128)))


def uuid_of(row: int, chance: Random) -> str:
    """The same at each call, so that others can refer to it."""
    return str(UUID(int=row * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))


def uuid_below(limit: int) -> Make:
    of = below(limit)
    return lambda row, chance: uuid_of(int(of(row, chance) or 1), chance)


def document(row: int, chance: Random) -> str:
    inner = {"ä": [None, True, 1.5, {"deep": [chance.choice(WORDS)] * 2}], "n": chance.randrange(10**6), "row": row}
    return json.dumps(inner, ensure_ascii=chance.random() < 0.5)


def array(make: Make, *, null: float = 0.2) -> Make:
    """As PostgreSQL writes it, every element in quotes."""

    def made(row: int, chance: Random) -> str:
        count = chance.randrange(5)
        parts = ("NULL" if chance.random() < null else _quoted(str(make(row, chance))) for _ in range(count))
        return "{" + ",".join(parts) + "}"

    return made


def square(row: int, chance: Random) -> str:
    side = chance.randint(1, 3)
    lines = (",".join(str(chance.randrange(99)) for _ in range(side)) for _ in range(side))
    return "{" + ",".join("{" + line + "}" for line in lines) + "}"


def address(row: int, chance: Random) -> str:
    return f"10.{row % 256}.{chance.randrange(256)}.{chance.randrange(256)}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

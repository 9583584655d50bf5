"""Values that nobody may make text of: a few aliases stand for any number of items."""

from typing import Any, NoReturn


class Unshowable(list[Any]):
    def __repr__(self) -> NoReturn:
        raise AssertionError("a container was made into text")

    __str__ = __repr__


class UnshowableKey(tuple[Any, ...]):
    """What a list that is a key is read as."""

    __slots__ = ()

    def __repr__(self) -> NoReturn:
        raise AssertionError("a container was made into text")

    __str__ = __repr__

"""A whole configuration: its files in the order they take effect, and every key of the application in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Span, Value


class FileFormat(StrEnum):
    ELIXIR = "elixir"
    JSON = "json"
    YAML = "yaml"
    TOML = "toml"


class CallForm(StrEnum):
    """How a key is given. KEYS: `config :snakepit, k: v`; SUB_KEY: `config :snakepit, :k, v`; PUT_ENV:
    `Application.put_env(:snakepit, :k, v)`; DOCUMENT: an entry of a JSON, YAML or TOML file."""

    KEYS = "keys"
    SUB_KEY = "sub_key"
    PUT_ENV = "put_env"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Condition:
    """A branch that a setting stands in. `environments`: those for which it is taken (`config_env() == :prod`);
    None when only the running system knows. Branches of one `if` or `case` share its `span` and differ in `source`;
    `otherwise` is the one that is taken when no other is."""

    source: str
    environments: frozenset[str] | None
    span: Span
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the application, given once. `span` is key and value, `call` the whole call around them."""

    key: str
    value: Value
    form: CallForm
    span: Span
    key_span: Span
    call: Span
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """`path` is relative to the configuration's first file; `application` its own key, if the format needs one."""

    path: str
    format: FileFormat
    content: bytes


@dataclass(frozen=True, slots=True)
class Configuration:
    """`settings` are in the order in which they take effect, those of imported files where the import stands.

    `problems` are what could not be read; then the settings around it are still there. `environments` are those that
    the files tell apart, at least one (`prod`).
    """

    files: Mapping[str, ConfigFile]
    settings: tuple[Setting, ...]
    environments: tuple[str, ...] = ("prod",)
    problems: tuple[ConfigProblem, ...] = ()
    imports: tuple[Span, ...] = field(default=())

    def of(self, key: str) -> tuple[Setting, ...]:
        return tuple(setting for setting in self.settings if setting.key == key)

"""Rules applied one by one, each until it wishes nothing more, with a reading in between."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.edits import Editor, EditsOverlap, NotEditable, apply
from migrations_app.configuration.hunk import Hunk, Manner
from migrations_app.configuration.problems import Severity
from migrations_app.configuration.rules.ground import Blocked, Change, Ground
from migrations_app.configuration.rules.hunks import hunks
from migrations_app.configuration.rules.rule import Rule
from migrations_app.configuration.rules.trail import Trail
from migrations_app.configuration.values import Span
from migrations_app.snakepit.versions import Version

Reread = Callable[[Mapping[str, bytes]], Configuration]
EditorOf = Callable[[Configuration, str], Editor]
MOST = 2_000
BY_HAND = "The way it is written leaves no room for that: change it by hand."


class RuleGoesOn(RuntimeError):
    """A rule wished changes without end: a mistake in Snakeweb. Nothing was changed."""


@dataclass(slots=True)
class Walk:
    """`configuration` is as the rules so far have left it; `blocked` is what there is no way back over."""

    configuration: Configuration
    origin: Version
    to: Version
    editor_of: EditorOf
    reread: Reread
    hunks: list[Hunk] = field(default_factory=list)
    blocked: list[tuple[Rule, Blocked]] = field(default_factory=list)
    _trail: Trail = field(init=False)

    def __post_init__(self) -> None:
        self._trail = Trail(self.content)

    @property
    def content(self) -> dict[str, bytes]:
        return {path: file.content for path, file in self.configuration.files.items()}

    def go(self, rules: Iterable[Rule]) -> None:
        for rule in rules:
            self._apply(rule)

    def _apply(self, rule: Rule) -> None:
        refused: set[tuple[str, Span]] = set()
        for _ in range(MOST):
            wished = tuple(self._wished(rule))
            made = next((one for one in wished if self._made(rule, one, refused)), None)
            if made is None:
                self._say(rule, wished)
                return
        raise RuleGoesOn(f"The rule {rule.id} does not come to an end. Nothing was changed.")

    def _wished(self, rule: Rule) -> Iterable[Change | Blocked]:
        ground = Ground(self.configuration, self.origin, self.to)
        if self.origin <= self.to:
            return rule.forward(ground)
        return rule.back(ground) if rule.back else ()

    def _made(self, rule: Rule, wished: Change | Blocked, refused: set[tuple[str, Span]]) -> bool:
        """Whether it changed the configuration; all of a change or nothing of it, and nothing that cannot be read."""
        if isinstance(wished, Blocked) or not wished.wishes or (wished.key, wished.at) in refused:
            return False
        try:
            editors = {wish.file: self.editor_of(self.configuration, wish.file) for wish in wished.wishes}
            edits = tuple(edit for wish in wished.wishes for edit in wish.edits(editors[wish.file]))
            after = self.reread(apply(self.configuration, edits))
        except (NotEditable, EditsOverlap):
            refused.add((wished.key, wished.at))
            return False
        if _errors(after) > _errors(self.configuration):
            refused.add((wished.key, wished.at))
            return False
        self.hunks += hunks(rule, wished, edits, self.content, self._trail)
        self._trail.went(edits)
        self.configuration = after
        return True

    def _say(self, rule: Rule, wished: Iterable[Change | Blocked]) -> None:
        for one in wished:
            if isinstance(one, Blocked):
                self.blocked.append((rule, one))
            elif not (one.wishes and rule.optional):
                left = replace(one, reason=f"{one.reason or rule.reason} {BY_HAND}", manner=Manner.MANUAL)
                self.hunks += hunks(rule, left if one.wishes else one, (), self.content, self._trail)


def _errors(configuration: Configuration) -> int:
    return sum(problem.severity is Severity.ERROR for problem in configuration.problems)

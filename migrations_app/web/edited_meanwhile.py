"""Two people with one form open: whoever saves second is shown what the first one changed, before anything is saved.

The form of an edit sends `version`, and `opened`: signed, what stood in it when it was opened. Where the thing is at
another version by then, the service refuses; the form comes back with what was typed, and says by field what stood
there, what stands there now, and what was typed. What only the other one changed is taken over into the form, so
that saving it undoes nothing by accident. It then names the newest version: saving it once more is a decision.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.core import signing
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from migrations_app.selectors.edits import EditRow, Edits, edits_after, newest_edit
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

Sent = MultiValueDict[str, str]
Who = Literal["self", "others", "unknown"]


@dataclass(frozen=True, slots=True)
class Said:
    """What the inputs of these names say together, in words; two forms say the same where the words are the same."""

    label: str
    names: tuple[str, ...]
    words: Callable[[Sent], str]


def typed(name: str, label: str) -> Said:
    return Said(label, (name,), lambda sent: _one(sent, name).replace("\r\n", "\n").strip())


def ticked(name: str, label: str) -> Said:
    """A box that sends nothing where it is not ticked, or `off` by a hidden companion."""
    return Said(label, (name,), lambda sent: "yes" if _one(sent, name) not in ("", "off") else "no")


def chosen(name: str, label: str, choices: Mapping[str, str], nothing: str = "") -> Said:
    """One or several of `choices`, which maps values to labels."""

    def words(sent: Sent) -> str:
        values = [value for value in sent.getlist(name) if value or value in choices]
        return ", ".join(choices.get(value, value) for value in sorted(values)) or nothing

    return Said(label, (name,), words)


@dataclass(frozen=True, slots=True)
class EditedForm:
    """The form of an edit as it is now, for whoever opens it and for whoever comes back with it.

    `noun`, `key` and `actions` are how the audit trail names the thing and its edits. `stored` is what a browser sends
    of a form in which nothing was typed. `facts` are changed by other buttons, by label. `sealed` inputs (name to
    label) are never shown again, neither what is stored nor what was typed, so they are not compared. `blocked`: why
    nothing can be saved now, whatever one decides.
    """

    noun: str
    key: int
    actions: tuple[str, ...]
    version: int
    fields: tuple[Said, ...]
    stored: Sent
    facts: Mapping[str, str] = field(default_factory=dict)
    sealed: Mapping[str, str] = field(default_factory=dict)
    blocked: str = ""

    @property
    def opened(self) -> str:
        """For the form; only this form of this thing reads it again."""
        seen = {
            "entry": newest_edit(noun=self.noun, key=self.key, actions=self.actions),
            "version": self.version,
            "sent": {name: self.stored.getlist(name) for said in self.fields for name in said.names},
            "facts": dict(self.facts),
        }
        return signing.dumps(seen, salt=self._salt, compress=True)

    def meanwhile(self, posted: QueryDict, username: str) -> "Meanwhile":
        """What happened since the form was opened, to whoever has sent it."""
        seen = self._opened_as(posted.get("opened", ""))
        base = MultiValueDict(seen["sent"]) if seen else None
        merged = posted.copy()
        for name in self.sealed:
            merged.pop(name, None)
        rows = [row for said in self.fields if (row := _compared(said, base, self.stored, posted, merged))]
        was = seen["facts"] if seen else {}
        facts = [Compared(label, was[label], now, "", "fact") for label, now in self.facts.items() if label in was]
        entry = seen["entry"] if seen else None
        edits = edits_after(seq=entry, noun=self.noun, key=self.key, actions=self.actions)
        return Meanwhile(
            edits=edits.rows,
            rows=(*rows, *(row for row in facts if row.before != row.theirs)),
            values=merged,
            who=_who(edits, self.version - seen.get("version", 0), username) if seen else "unknown",
            knows_before=base is not None,
            sealed=tuple(label for name, label in self.sealed.items() if posted.get(name)),
            blocked=self.blocked,
        )

    @property
    def _salt(self) -> str:
        return f"form of {self.noun} {self.key}"

    def _opened_as(self, text: str) -> dict[str, Any] | None:
        try:
            seen: dict[str, Any] = signing.loads(text, salt=self._salt)
        except signing.BadSignature:
            return None
        return seen


@dataclass(frozen=True, slots=True)
class Compared:
    """`which` changed it: theirs, mine, both, or unknown where nobody knows how it was; a fact is in no input."""

    label: str
    before: str
    theirs: str
    mine: str
    which: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """`values` is what the form shows: what was typed, and what only the others changed; nothing that is sealed.

    `who` edited it: `self` is the reader alone, in another tab or by a second click; `others`, somebody else too.
    `sealed`: what has to be entered again, by the labels of the inputs.
    """

    edits: tuple[EditRow, ...]
    rows: tuple[Compared, ...]
    values: QueryDict
    who: Who
    knows_before: bool
    sealed: tuple[str, ...]
    blocked: str

    @property
    def nothing_left(self) -> bool:
        """Whether it is as it would be after saving: there is nothing to decide, and nothing to save.

        Nobody can tell whether what is sealed is what was typed, so then there always is.
        """
        return all(row.which == "fact" for row in self.rows) and not self.sealed


def unsaved(form: EditedForm, request: PageRequest, *, asked: bool = False) -> Meanwhile | None:
    """What to show after the service has refused an outdated edit; None where it is as it would be after saving.

    `asked`: something was asked for beside what stands in the fields, and has not been done yet.
    """
    found = form.meanwhile(request.POST, request.actor.username)
    return None if found.nothing_left and not asked else found


def status_of(meanwhile: Meanwhile | None, problems: ProblemsByField) -> int:
    return 409 if meanwhile else 422 if problems else 200


def seen_in(posted: QueryDict) -> frozenset[int]:
    """The version that the form was opened at, for a service; a form that names none has seen none (0 never is)."""
    return frozenset({identifier(posted.get("version")) or 0})


def sent_as(values: Mapping[str, str | Sequence[str]]) -> Sent:
    """A form's inputs as a browser sends them; several values where several may be chosen."""
    return MultiValueDict({name: [value] if isinstance(value, str) else list(value) for name, value in values.items()})


def _compared(said: Said, base: Sent | None, stored: Sent, posted: QueryDict, merged: QueryDict) -> Compared | None:
    """None where both say the same. What only the others changed goes into `merged`."""
    theirs, mine = said.words(stored), said.words(posted)
    before = said.words(base) if base is not None else ""
    if theirs == mine:
        return None
    which = "unknown" if base is None else "theirs" if mine == before else "mine" if theirs == before else "both"
    if which == "theirs":
        for name in said.names:
            # As a browser would send it: nothing of a box that is not ticked.
            if any(values := stored.getlist(name)):
                merged.setlist(name, values)
            else:
                merged.pop(name, None)
    return Compared(said.label, before, theirs, mine, which)


def _one(sent: Sent, name: str) -> str:
    return str(sent.get(name) or "")


def _who(edits: Edits, versions: int, username: str) -> Who:
    """By the trail, where it tells of as many edits as there were versions since."""
    if edits.times.keys() - {username}:
        return "others"
    return "self" if 0 < versions <= sum(edits.times.values()) else "unknown"

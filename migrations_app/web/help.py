"""What the words of the pages mean: one place for the texts, one tag that puts them beside a word.

`{% help "risk" %}` draws a small button; the text opens over the page, closes with Escape, and needs no script. Pages
that use it load `snakeweb/help.css`. A term that stands twice on one page gives the second a `place` of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True, slots=True)
class Term:
    """`name` as it reads after “About”."""

    name: str
    text: str


TERMS: Mapping[str, Term] = {
    "environment": Term(
        "environments",
        "A place such as dev, staging or production. It decides who has to sign and which targets can be chosen. A "
        "protected one asks for more care: its name is typed before something starts there.",
    ),
    "promotion": Term(
        "promotion",
        "What has run successfully in one environment is taken to the next one in order: the same type, parameters and "
        "options, with targets of that place. It is planned, reviewed and signed there like any other plan.",
    ),
    "target": Term(
        "targets",
        "A named live thing in an environment, such as a session store. Admins register it with its address and its "
        "credentials; a migration only ever names it.",
    ),
    "type": Term(
        "types",
        "What is moved, and by which steps. Each type declares its targets, its parameters and its sample plans.",
    ),
    "policy": Term(
        "policy",
        "What this installation and the environment ask for at least: signatures, a dry run, backups. A migration can "
        "ask for more, never for less; what you leave at its default follows the policy.",
    ),
    "plan": Term(
        "plans",
        "The steps in their order, their way back, estimates and risk. Planning looks at both sides over connections "
        "that can only read, and changes nothing.",
    ),
    "estimate": Term(
        "estimates",
        "Learned from the newest runs of the same type between the same kinds of stores that succeeded, by how much "
        "they moved. “Typically 12 % off” is how far each of those was from what the others foretold: half were "
        "closer, half were not. Without such a run it is a rule of thumb of the migration type, and may be far off.",
    ),
    "trends": Term(
        "trends",
        "Of runs that changed something, in the environments that you may see. Half of the runs took no longer than "
        "the median. Throughput is that of the step that moved most. The estimates of new plans are learned from the "
        "same runs.",
    ),
    "risk": Term(
        "risk",
        "A score from 0 to 100 that rules work out from the plan and from what was seen of the targets. Each finding "
        "adds its weight, what makes the plan safer takes some away. Below 15 is low, from 40 on is high. It stops "
        "nothing by itself: it tells the people who sign where to look. A finding can be waived for up to 30 days, by "
        "somebody who then does not sign that plan.",
    ),
    "revision": Term(
        "revisions",
        "Planning writes a revision: steps, way back, risk and estimates as they were then. A revision never changes; "
        "editing or planning again writes the next one. Signatures belong to what one revision says.",
    ),
    "digest": Term(
        "the digest",
        "A fingerprint of exactly what is signed: environment, type, options, parameters, steps and rollback steps in "
        "order, claims, description and the targets' configuration. If one letter of it changes, so does the digest. "
        "Estimates, counts, findings, title and comments are not part of it.",
    ),
    "signature": Term(
        "signatures",
        "One person's decision on one digest. Nobody who wrote any revision can sign, and each signature fills one "
        "place. A change of what is signed makes it void; the same content keeps it. Signing starts nothing.",
    ),
    "dry_run": Term(
        "dry runs",
        "Goes through every step with read-only connections, so it cannot write anything, and finds what would stop "
        "the real run. It counts for 24 hours and for this digest only.",
    ),
    "rehearsal": Term(
        "rehearsals",
        "Really does the steps, in a place beside the target that only it uses, compares every session both ways and "
        "removes what it wrote. It needs your consent where the environment is protected, counts for this digest only, "
        "and does not prove the hand-over: no route moves and nobody waits.",
    ),
    "window": Term(
        "maintenance windows",
        "When an apply run may start in an environment. Each opens at a local time of its own zone, by a rule, and "
        "stays open for elapsed time. Without any window an environment is open always. A run that is at work when its "
        "window closes goes on, unless its schedule says otherwise.",
    ),
    "freeze": Term(
        "freezes",
        "While one is in force no apply run starts and no failed one is retried, by whatever door. Rollbacks, and "
        "everything that steers a run that is at work, stay possible.",
    ),
    "schedule": Term(
        "schedules",
        "The run starts by itself, as if you had pressed the button then: with every check, with what you may do then, "
        "and with exactly this plan. If it cannot start within its grace it is missed: you are told, and it does not "
        "run later. A failure is rolled back by itself.",
    ),
    "start_check": Term(
        "the start check",
        "Everything that has to be true at the moment of the start, looked at again each time: signatures, dry run, "
        "other runs on the same targets, and whether the targets are still what they were when this was planned.",
    ),
    "rollback": Term(
        "the way back",
        "Each step has an undo. When a step fails, or somebody asks for it, the steps that had begun are undone, "
        "newest first, and what was restored is verified. Past a step without an undo there is no way back but a new "
        "migration in the other direction.",
    ),
    "claim": Term(
        "claims",
        "The targets that a run holds for itself while it is alive. A second run that claims one of them, exclusively "
        "on either side, has to wait.",
    ),
    "zero_downtime": Term(
        "zero downtime",
        "Services keep reading and writing during the whole move. Both stores are kept level and traffic is handed "
        "over in small parts, each held back for less than a second; until the move is completed, everything can be "
        "brought back.",
    ),
}


#: What is done about a state that is an error, by the name of its page in `docs/runbooks/`.
RUNBOOKS: Mapping[str, str] = {
    "stuck-run": "Stuck run",
    "failed-rollback": "Failed rollback",
    "lost-lease": "Lost lease",
    "broken-chain": "Broken chain",
    "dead-beat": "Dead beat",
    "full-disk": "Full disk",
    "redis-lost": "Redis lost",
    "postgresql-failover": "PostgreSQL fail-over",
}


@register.simple_tag(name="runbook")
def runbook_link(name: str) -> SafeString:
    """Raises KeyError for one that nobody has written."""
    where = reverse("handbook_page", args=[f"runbooks/{name}"])
    return format_html('<a class="runbook" href="{}">Runbook: {}</a>', where, RUNBOOKS[name])


@register.simple_tag(name="help")
def help_text(term: str, place: str = "") -> SafeString:
    """Raises KeyError for a term that nobody has written, which the tests find."""
    about = TERMS[term]
    return format_html(
        '<button class="help" type="button" popovertarget="{id}" aria-label="About {name}">?</button>'
        '<span class="help-text" id="{id}" popover><strong>About {name}</strong><span>{text}</span></span>',
        id="-".join(filter(None, ("help", term.replace("_", "-"), place))),
        name=about.name,
        text=about.text,
    )

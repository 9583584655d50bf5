"""The authoring form both ways: what it sent as a draft, and a draft as the texts of its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.options import OPTION_FIELDS, under
from migrations_app.models.actor import Actor
from migrations_app.runtime import settings
from migrations_app.selectors.authoring import AuthoringForm, RoleChoice, authoring_form
from migrations_app.selectors.sketches import Written
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.previews import Preview, preview
from migrations_app.web.declared import Control, chosen_values, controls, left_alone, posted_values, text_of
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField

FIRST_OPTIONS = ("zero_downtime", "validation_level", "batch_size", "parallel_workers", "cleanup_source")
PLAIN_FIELDS = ("title", "description", "environment", "handler")
PARTS = ("targets.", "parameters.", "options.")


@dataclass(frozen=True, slots=True)
class ShownForm:
    """The form as it is rendered. `roles` are (role, chosen target id as text, problems).

    `preview` is None for somebody who may author nowhere.
    """

    offered: AuthoringForm
    values: Mapping[str, str]
    problems: ProblemsByField
    roles: tuple[tuple[RoleChoice, str, tuple[Any, ...]], ...]
    parameters: tuple[Control, ...]
    first_options: tuple[Control, ...]
    more_options: tuple[Control, ...]
    elsewhere: tuple[Any, ...]
    preview: Preview | None


def values_in(posted: Mapping[str, str]) -> dict[str, str]:
    """The form's own fields of what was posted. Line ends are those of every other door, not the browser's."""
    own = {name: text for name, text in posted.items() if name in PLAIN_FIELDS or name.startswith(PARTS)}
    return {name: text.replace("\r\n", "\n") for name, text in own.items()}


def values_of(draft: MigrationDraft) -> dict[str, str]:
    """What the inputs hold so that they say this draft."""
    values = {"title": draft.title, "description": draft.description, "handler": draft.handler}
    values |= {"environment": str(draft.environment_id)} if draft.environment_id else {}
    values |= {f"targets.{role}": str(target_id) for role, target_id in draft.targets.items()}
    values |= {f"parameters.{name}": text_of(value) for name, value in draft.parameters.items()}
    return values | {f"options.{name}": text_of(value) for name, value in draft.options.items()}


def offered_for(actor: Actor, values: Mapping[str, str], *, of_type: str = "") -> AuthoringForm:
    """With the options as the installation's floor leaves them: it is what an input that was left alone stands for."""
    environment, handler = identifier(values.get("environment")), values.get("handler", "")
    form = authoring_form(actor=actor, environment_id=environment, handler=handler, of_type=of_type)
    return replace(form, options=under(settings.current().floor(), form.options))


def draft_in(form: AuthoringForm, values: Mapping[str, str], before: Written | None = None) -> MigrationDraft:
    """`before` is what the edited migration says now, or the copied one, or the document: what was left alone stays as
    its author wrote it. A default that they named binds a policy's floor; dropping it would be another content.
    """
    same_type = before is not None and form.handler is not None and before.handler == form.handler.handler
    given = before if before is not None and same_type else Written("", {}, {})
    parameters = posted_values(form.parameters, values, path="parameters")
    options = posted_values(form.options, values, path="options")
    chosen = {role.name: identifier(values.get(f"targets.{role.name}")) for role in form.roles}
    return MigrationDraft(
        title=values.get("title", ""),
        type=str(form.handler.type) if form.handler else "",
        handler=form.handler.handler if form.handler else "",
        environment_id=form.environment.id if form.environment else 0,
        targets={name: target_id for name, target_id in chosen.items() if target_id is not None},
        parameters={
            **chosen_values(form.parameters, parameters),
            **left_alone(form.parameters, parameters, given.parameters),
        },
        options={
            **_unasked(form, given.options),
            **chosen_values(form.options, options),
            **left_alone(form.options, options, given.options),
        },
        description=_description(values.get("description", ""), before),
    )


def _description(text: str, before: Written | None) -> str:
    """Ends of lines are no words: those that the stored one has stay."""
    written = "" if before is None else before.description
    return written if text.strip().splitlines() == written.splitlines() else text


def _unasked(form: AuthoringForm, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that mean nothing to the type, so that the form has no input for them; a document may name them."""
    asked = {field.name for field in form.options}
    return {field.name: options[field.name] for field in OPTION_FIELDS if field.name in options.keys() - asked}


def shown_form(
    actor: Actor,
    form: AuthoringForm,
    values: Mapping[str, str],
    problems: ProblemsByField | None = None,
    *,
    before: Written | None = None,
) -> ShownForm:
    """Everything that the template needs; `values` are texts by input name, `before` as in `draft_in`."""
    problems = problems or ProblemsByField(_not_installed(form, values))
    parameters = controls(form.parameters, _under(values, "parameters"), path="parameters", problems=problems)
    options = controls(form.options, _under(values, "options"), path="options", problems=problems)
    roles = [(role, values.get(f"targets.{role.name}", ""), problems.of(f"targets.{role.name}")) for role in form.roles]
    shown = {*PLAIN_FIELDS, *(c.name for c in (*parameters, *options)), *(f"targets.{r.name}" for r in form.roles)}
    first = {name: place for place, name in enumerate(FIRST_OPTIONS)}
    return ShownForm(
        offered=form,
        values=values,
        problems=problems,
        roles=tuple(roles),
        parameters=parameters,
        first_options=tuple(
            sorted((c for c in options if c.field.name in first), key=lambda control: first[control.field.name])
        ),
        more_options=tuple(c for c in options if c.field.name not in first),
        elsewhere=problems.elsewhere(shown),
        preview=preview(actor=actor, draft=draft_in(form, values, before))
        if form.environment and form.handler
        else None,
    )


def _not_installed(form: AuthoringForm, values: Mapping[str, str]) -> tuple[Problem, ...]:
    """The form is of another type than the one that is written in it: that one is gone."""
    wanted = values.get("handler", "")
    if not wanted or form.handler is None or form.handler.handler == wanted:
        return ()
    said = f"The type “{wanted[:60]}” is not installed here. This is the form of another one."
    fix = "Have its package installed and look again, or go on with the type that is shown."
    return (Problem("handler", said, fix, "handler_missing"),)


def _under(values: Mapping[str, str], path: str) -> dict[str, str]:
    return {name.removeprefix(f"{path}."): text for name, text in values.items() if name.startswith(f"{path}.")}

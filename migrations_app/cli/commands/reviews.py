"""`snakeweb submit` and `approve`. A token asks for signatures; only a person who signs in gives one."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from migrations_app.cli import plan_text
from migrations_app.cli.client import Client
from migrations_app.cli.connection import speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.following import EVERY, Deadline, Patient
from migrations_app.cli.proofs import proof_from, proving
from migrations_app.cli.sign_in import Proof, signed_in
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain

READ_BACK = 4  # characters of the digest that a signer types, as on the page
_timeout = click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="wait no longer than this (exit status 7)"
)
_OPEN = ("in_review", "approved")


@click.command("submit")
@speaks
@click.argument("migration", type=int)
@click.option("--digest", default="", help="of the plan that is meant; with another one newest nothing is submitted")
@click.option("--wait", is_flag=True, help="until it is approved (0), or declined, voided or expired (1)")
@_timeout
def submit(client: Client, out: Out, migration: int, digest: str, wait: bool, timeout: float | None) -> Exit:
    """Ask for the signatures that the policies want. With none wanted it is approved at once.

    A plan that is in review already, or approved, stays so.
    """
    found = client.get(f"/migrations/{migration}")
    review = found["review"]
    if review["state"] not in _OPEN or (digest and digest != review["digest"]):
        found = client.post(f"/migrations/{migration}/submit", {"digest": digest})
    return _decided(client, out, found, timeout) if wait else _show(out, found)


@click.command("approve")
@speaks
@click.argument("migration", type=int)
@click.option(
    "--digest", default="", help="of the plan that you have read, whole; asked for at a terminal (its beginning)"
)
@click.option("--comment", default="", help="goes on the timeline with the signature")
@click.option("--decline", is_flag=True, help="do not sign, and say why by --comment")
@proving("sign in here as NAME, instead of in a browser")
@click.option(
    "--browser/--no-browser", default=None, help="open the page, or only print its address (default: at a terminal)"
)
@_timeout
def approve(
    client: Client, out: Out, migration: int, digest: str, comment: str, decline: bool, sign_in: str,
    password_file: Path | None, code_file: Path | None, browser: bool | None, timeout: float | None,
) -> Exit:  # fmt: skip
    """Sign a plan, or decline it. That takes a person: a token is never enough.

    Without --sign-in the page of the migration is opened or printed, and the command waits for the decision there.
    With it you are asked for your password, and for your second factor if you have one; the session is used for this
    one decision and ended.
    """
    found = client.get(f"/migrations/{migration}")
    proof = proof_from(sign_in, password_file, code_file)
    if proof is None:
        return _in_a_browser(client, out, found, browser=browser, timeout=timeout)
    if decline and not comment.strip():
        raise CommandFailed(Exit.USAGE, "Say why by --comment; nothing was decided.")
    read = _read(client, out, found, digest)
    body = {"digest": read, "decision": "reject" if decline else "approve", "comment": comment}
    return _decide(client, out, migration, proof, body)


def _decide(client: Client, out: Out, migration: int, proof: Proof, body: Mapping[str, Any]) -> Exit:
    with signed_in(client.base, proof) as session:
        session.post(f"/migrations/{migration}/reviews", body)
        found = session.get(f"/migrations/{migration}")
    return _show(out, found)


def _read(client: Client, out: Out, found: Mapping[str, Any], digest: str) -> str:
    """The digest of the plan that the person has seen. Raises CommandFailed (USAGE) when it is not the newest."""
    newest = found["review"]["digest"]
    if not newest:
        raise CommandFailed(Exit.REFUSED, f"“{found['title']}” has no plan yet; there is nothing to sign.")
    if digest:
        if digest != newest:
            raise CommandFailed(
                Exit.REFUSED, f"The newest plan has digest {newest}, not that one; nothing was signed. Read it again."
            )
        return str(digest)
    if not out.console.is_terminal:
        raise CommandFailed(Exit.USAGE, "Say by --digest which plan was read; nothing was signed.")
    plan_text.show(out, f"{found['title']} → {found['environment']}", client.get(f"/migrations/{found['id']}/plan"))
    typed = click.prompt(f"The first {READ_BACK} characters of the digest that you sign", err=True)
    if str(typed).strip().lower() != newest[:READ_BACK]:
        raise CommandFailed(Exit.USAGE, "This is not how the digest begins; nothing was signed.")
    return str(newest)


def _in_a_browser(
    client: Client, out: Out, found: Mapping[str, Any], *, browser: bool | None, timeout: float | None
) -> Exit:
    if found["review"]["state"] not in _OPEN:
        raise CommandFailed(
            Exit.REFUSED,
            f"“{found['title']}” is not in review ({found['review']['state'].replace('_', ' ')}). Submit it first.",
        )
    url = f"{client.base}/migrations/{found['id']}/sign/"
    if found["review"]["state"] == "in_review":
        click.echo(f"Decide here: {url}", err=True)
        if browser or (browser is None and out.console.is_terminal):
            click.launch(url)
    return _decided(client, out, found, timeout)


def _decided(client: Client, out: Out, found: Mapping[str, Any], timeout: float | None) -> Exit:
    """Wait until the review of this plan has an end. OK when it is approved."""
    deadline = Deadline(timeout)
    patient = Patient(deadline)
    digest = found["review"]["digest"]
    while found["review"]["state"] == "in_review" and found["review"]["digest"] == digest:
        deadline.check(f"“{found['title']}” is still in review")
        time.sleep(EVERY)
        found = patient.ask(lambda: client.get(f"/migrations/{found['id']}"))  # noqa: B023
    _show(out, found)
    approved = found["review"]["state"] == "approved" and found["review"]["digest"] == digest
    return Exit.OK if approved else Exit.FAILED


def _show(out: Out, found: Mapping[str, Any]) -> Exit:
    review = found["review"]
    if out.as_json:
        out.json(found)
        return Exit.OK
    out.say(f"“{plain(found['title'])}” is {plain(review['state'].replace('_', ' '))}, digest {review['digest'][:12]}")
    for each in review["signatures"]:
        if each["current"]:
            out.say(f"  {plain(each['name'])}: {plain(each['decision'])} {plain(each['comment'])}".rstrip())
    if review["state"] == "in_review" and review["wanted"]:
        out.say(f"  wanted: {plain(review['wanted'])}")
    return Exit.OK


COMMANDS = (submit, approve)

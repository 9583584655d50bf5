"""A summary is a comment of ours: what people named things must not become markup, mentions or rows of its own."""

from migrations_app.cli import plan_markdown
from migrations_app.cli.exits import ProblemLine

NASTY = "Move | a @team <img src=x> [x](http://evil) `code` *bold*\n# head & more"
STEP = {"title": NASTY, "type": "migration", "rollback_action": "", "estimated_duration": 61_000}
FINDING = {"title": "Wide", "evidence": NASTY, "why": "So.", "how_to_lower": "Split it.", "weight": 7, "waived": False}


def plan(steps: int = 1) -> dict:
    return {
        "digest": "ab" * 32,
        "steps": [STEP] * steps,
        "warnings": [NASTY],
        "estimated_duration": 61_000,
        "estimate": {"said": f"from 7 runs of {NASTY}, typically 12 % off"},
        "signature_requirements": [{"role": "approver", "count": 2}, {"group": "dba", "count": 1}],
        "risk_assessment": {"level": "medium", "score": 20, "findings": [FINDING, {**FINDING, "waived": True}]},
    }


def test_it_says_what_a_reviewer_asks() -> None:
    text = plan_markdown.summary("Move sessions → staging", plan(), url="https://snakeweb.example/migrations/7/")

    assert (
        "**Risk: medium** (20 of 100) · 1 steps, about 1 min 01 s · signatures\\: 2 × approver, 1 × group dba" in text
    )
    assert "The estimate: from 7 runs of Move" in text
    assert "[Migration](https://snakeweb.example/migrations/7/)" in text
    assert "cannot be undone" in text
    assert "| \\+7 | Wide\\: " in text
    assert "| waived | " in text
    assert f"`{'ab' * 32}`" in text


def test_names_are_shown_and_are_no_markup() -> None:
    text = plan_markdown.summary(NASTY, plan())

    assert "@" not in text
    assert "<" not in text
    assert "\n# head" not in text
    assert "](http" not in text
    for row in [line for line in text.splitlines() if line.startswith("| 1 |")]:
        assert len(row.replace("\\|", "").split("|")) == 7  # five cells and the two ends


def test_a_plan_of_many_steps_stays_a_comment() -> None:
    text = plan_markdown.summary("Move", plan(steps=500))

    assert "… and 440 more" in text
    assert len(text) < 65_536


def test_why_there_is_no_plan_is_a_comment_too() -> None:
    text = plan_markdown.refusal(
        "move.yaml", "Please look at: a.", [ProblemLine("spec.a", "It is | wrong.", "Mend it.")]
    )

    assert "There is no plan" in text
    assert "| spec\\.a | It is \\| wrong\\. | Mend it\\. |" in text

from migrations_app.selectors.reports.forms import ReportForm


def test_each_form_has_a_name_and_a_type():
    assert [form.name_of(5) for form in ReportForm] == [
        "snakeweb-run-5.pdf", "snakeweb-run-5.html", "snakeweb-run-5.md", "snakeweb-run-5.json",
    ]  # fmt: skip
    assert len({form.media_type for form in ReportForm}) == len({form.label for form in ReportForm}) == 4

"""Which message becomes a toast, which a notice, and what can be undone."""

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message

from migrations_app.web.toasts import Told, sort


def test_what_went_wrong_stays_on_the_page_and_the_rest_is_a_toast() -> None:
    shown = sort(
        [
            Message(constants.SUCCESS, "Signed."),
            Message(constants.ERROR, "The plan was changed meanwhile."),
            Message(constants.INFO, "Marked as read.", extra_tags="undo:/inbox/3/unread/"),
        ]
    )

    assert [one.text for one in shown.notices] == ["The plan was changed meanwhile."]
    assert shown.toasts == (
        Told("Signed.", "good", "check-circle", ""),
        Told("Marked as read.", "info", "information-circle", "/inbox/3/unread/"),
    )


def test_other_tags_of_a_message_are_no_address() -> None:
    assert sort([Message(constants.INFO, "Hello.", extra_tags="safe")]).toasts[0].undo == ""

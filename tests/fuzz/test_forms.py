"""Every form of every page, with what nobody should type: named secrets, webhooks, alerts, saved views, invitations…"""

from collections.abc import Iterator

import pytest
from django.urls import NoReverseMatch
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.plugin import DjangoDbBlocker

from migrations_app.engine.vocabulary import Role
from migrations_app.models import RoleGrant
from tests.api.door import browser, program
from tests.cast import NOW, PASSWORD, actor_of
from tests.doors.scene import EVERYWHERE, rolled_back, scene
from tests.doors.walking import addresses, path_of
from tests.fuzz import inputs
from tests.fuzz.doors import Asked
from tests.fuzz.forms import Form, forms_of
from tests.fuzz.test_inputs import SOME

#: What ends the session or changes the password that it was opened with is asked like the rest.
LEFT_OUT = ("/admin/",)  # Django's own forms


@pytest.fixture(scope="module")
def known(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Asked, list[Form]]]:
    """Somebody with every role, signed in, and the forms that they see."""
    with django_db_blocker.unblock(), rolled_back():
        there = scene(tmp_path_factory.mktemp("scene") / "stores")
        person = there.people["admin", EVERYWHERE]
        person.set_password(PASSWORD)
        person.save()
        for role in (Role.OPERATOR, Role.APPROVER, Role.AUDITOR):
            RoleGrant.objects.create(person=person, role=role, granted_at=NOW)
        asked = Asked(program(actor_of(person, NOW)), browser(actor_of(person, NOW)))
        pages = []
        for address in addresses():
            try:
                pages.append(path_of(address, there))
            except (NoReverseMatch, KeyError):  # of Django admin's models
                continue
        with rolled_back():
            wanted = [page for page in pages if not page.startswith((*LEFT_OUT, "/api/", "/accounts/logout"))]
            found = list(forms_of(asked.browser.client, wanted))
        yield asked, found


def test_whatever_is_typed_into_a_form_is_answered(known: tuple[Asked, list[Form]], db: None) -> None:
    asked, forms = known
    assert len(forms) > 40

    @SOME
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(forms))
        names = [name for name in form.fields if name != "csrfmiddlewaretoken"]
        values = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, inputs.TYPED)))
        asked.form(form, values)

    ask()

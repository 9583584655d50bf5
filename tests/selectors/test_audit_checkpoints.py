from datetime import timedelta

import pytest

from migrations_app.proofs.checkpoint import from_document
from migrations_app.proofs.keys import PublicKeys
from migrations_app.runtime import sealing
from migrations_app.selectors.audit_checkpoints import checkpoint_page
from migrations_app.selectors.refusals import PermissionDenied
from tests.audit_table import entries
from tests.runs import AT

pytestmark = pytest.mark.django_db


def test_checkpoints_are_listed_newest_first_as_they_verify(auditor):
    for number in range(3):
        entries(2)
        sealing.seal_due(AT + timedelta(hours=number + 1))

    page = checkpoint_page(actor=auditor, limit=2)

    assert [(row.number, row.first, row.last) for row in page.rows] == [(3, 5, 6), (2, 3, 4)]
    assert [row.number for row in checkpoint_page(actor=auditor, cursor=page.next_cursor).rows] == [1]
    for row in page.rows:
        from_document({"body": row.body, "signature": row.signature}).check(PublicKeys.from_hex([row.public_key]))


def test_others_may_not_read_them(viewer):
    with pytest.raises(PermissionDenied):
        checkpoint_page(actor=viewer)

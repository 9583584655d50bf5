import pytest

from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_visibility import visible_run
from tests.runs import a_run

pytestmark = pytest.mark.django_db


def test_a_run_is_seen_with_its_names_in_one_query(cast, viewer, django_assert_max_num_queries):
    run = a_run()
    with django_assert_max_num_queries(3):
        seen = visible_run(viewer, run.pk)
        assert (seen.migration.environment.name, seen.revision.number) == ("dev", 1)


def test_a_hidden_run_and_none_are_refused_alike(cast, viewer, outsider):
    run = a_run()
    for actor, key in ((outsider, run.pk), (viewer, 0), (viewer, 10**30), (viewer, run.pk + 1)):
        with pytest.raises(NotFound, match=f"no run {str(key)[:20]} that you may see"):
            visible_run(actor, key)

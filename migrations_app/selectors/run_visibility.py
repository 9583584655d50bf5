"""Which run somebody may see."""

from migrations_app.models import Run
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_rows import with_names

LARGEST_ID = 2**63 - 1


def visible_run(actor: Actor, run_id: int) -> Run:
    """With the joins of a row. Raises NotFound, the same for a run that is hidden."""
    usable = isinstance(run_id, int) and 0 < run_id <= LARGEST_ID
    here = access_of(actor).within(Permission.VIEW)
    run = with_names(Run.objects.filter(here, pk=run_id)).first() if usable else None
    if run is None:
        absent = NotFound(f"There is no run {str(run_id)[:20]} that you may see.", "Look at the list of runs.")
        raise absent.unless_hidden(Run.objects.filter(pk=run_id if usable else 0))
    return run

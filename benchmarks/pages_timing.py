"""Times the pages on the database that SNAKEWEB_STATE names: `python -m benchmarks.pages_timing GOAL ROUNDS CALLS`.

Through Django's own client: every middleware, the view, the template; no socket. The empty view asks who you are and
answers nothing, so what is left is the page. Calls of both alternate.
"""

import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import django

django.setup()

from django.conf import settings  # noqa: E402  models load only after django.setup()
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import include, path  # noqa: E402

from migrations_app.models import AuditEntry, Environment, Migration, Person, Run, RunEvent, Target  # noqa: E402

EMPTY = "/empty/"
OK = 200


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


urlpatterns = [path("empty/", empty), path("", include("snakeweb.urls"))]


@dataclass(slots=True)
class Page:
    path: str
    queries: int = 0
    scans: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)


def paths() -> list[str]:
    planned = Migration.objects.filter(status="planned").order_by("-pk").first() or Migration.objects.latest("pk")
    found = ["/", "/inbox/", "/migrations/", "/migrations/?status=planned", "/migrations/?q=portal", "/migrations/new/"]
    found += [
        f"/migrations/{planned.pk}/",
        f"/migrations/{planned.pk}/related/",
        "/calendar/",
        "/trends/?span=year",
        "/policies/",
        "/runs/",
        "/targets/",
        f"/targets/{Target.objects.latest('pk').pk}/",
    ]
    found += ["/environments/", f"/environments/{Environment.objects.latest('pk').pk}/", "/search/?q=sessions"]
    found += [
        "/search/?q=kind:run+state:failed+shard",
        "/search/?q=portal+shard+9",
        "/search/?q=nowhere-at-all",
        "/search/palette/?q=port",
    ]
    found += [f"/search/?q={planned.revisions.latest('pk').digest[:10]}"]
    found += [
        "/audit/",
        "/audit/?outcome=denied",
        "/audit/?q=edit",
        f"/audit/?object_type=migration&object_id={planned.pk}",
    ]
    run = Run.objects.order_by("-pk").first()
    return found + ([f"/runs/{run.pk}/", f"/runs/{run.pk}/report/"] if run else []) + ["/settings/"]


def main(goal: float, rounds: int, calls: int, *, explain: bool) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(Person.objects.get(username="admin"))
    pages = [Page(address) for address in paths()]
    for page in pages:
        look(client, page)
    for _ in range(rounds):
        for page in pages:
            for _ in range(calls):
                page.empty.append(timed(client, EMPTY)[0])
                wall, processor = timed(client, page.path)
                page.milliseconds.append(wall)
                page.processor.append(processor)
    tell(pages, goal, explain=explain)


def timed(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds of the clock, and of the processor: on a busy machine the second says more."""
    began, used = time.perf_counter(), time.process_time()
    client.get(address)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)


def look(client: Client, page: Page) -> None:
    """Once, to warm up: that it answers, how many queries it takes, and which of them read whole tables."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        answer = client.get(page.path)
    if answer.status_code != OK:
        raise SystemExit(f"{page.path} answered {answer.status_code}")
    page.queries = len(caught)
    with connection.cursor() as cursor:
        for query in caught.captured_queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                page.scans.update(line[3] for line in cursor.fetchall() if line[3].startswith(("SCAN", "USE TEMP")))


def tell(pages: list[Page], goal: float, *, explain: bool) -> None:
    counts = {m.__name__: m._default_manager.count() for m in (Migration, Run, RunEvent, AuditEntry)}
    print(", ".join(f"{number:,} {name} rows" for name, number in counts.items()), f"(goal: median {goal:.0f} ms)")
    print(f"  {'page':<46}{'median':>8}{'p95':>8}{'cpu':>8}{'empty':>8}{'ratio':>8}{'queries':>9}")
    for page in pages:
        middle, base = statistics.median(page.milliseconds), statistics.median(page.empty)
        worst = statistics.quantiles(page.milliseconds, n=20, method="inclusive")[-1]
        over = "  over the goal" if middle > goal else ""
        used = statistics.median(page.processor)
        figures = f"{middle:>8.1f}{worst:>8.1f}{used:>8.1f}{base:>8.1f}{middle / base:>8.1f}{page.queries:>9}"
        print(f"  {page.path[:46]:<46}{figures}{over}")
        for line, times in page.scans.items() if explain else ():
            print(f"      {times} x {line}")
    print()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), explain="--explain" in sys.argv)

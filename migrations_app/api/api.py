"""API v1 under /api/v1 (DESIGN section 7): every router, in one place."""

from migrations_app.api import (
    alerts,
    audit,
    break_glass,
    configuration_history,
    dependencies,
    environments,
    freezes,
    invitations,
    keeping,
    lockouts,
    migration_types,
    migrations,
    operations,
    policies,
    problems,
    promotions,
    reviews,
    routes,
    run_stream,
    runs,
    schedules,
    search,
    sessions,
    stored_secrets,
    targets,
    tokens,
    trends,
    waivers,
    webhooks,
    windows,
)
from migrations_app.api.body import JsonParser
from migrations_app.api.callers import CALLERS
from migrations_app.api.description import DescribedAPI
from migrations_app.api.idempotency import idempotent

api = DescribedAPI(
    title="Snakeweb",
    version="1",
    description="Plan, review, run, watch and undo migrations of live Snakepit deployments.",
    auth=CALLERS,
    parser=JsonParser(),
    docs_url=None,
    urls_namespace="api",
)
problems.install(api)
api.add_decorator(idempotent(api), mode="view")
api.add_router("/environments", environments.router)
api.add_router("/targets", targets.router)
api.add_router("/targets", configuration_history.router)
api.add_router("/windows", windows.router)
api.add_router("/freezes", freezes.router)
api.add_router("/migrations", migrations.router)
api.add_router("/migrations", operations.router)
api.add_router("/migrations", reviews.router)
api.add_router("/migrations", keeping.router)
api.add_router("/migrations", dependencies.router)
api.add_router("/migrations", break_glass.router)
api.add_router("/migration-types", migration_types.router)
api.add_router("/policies", policies.router)
api.add_router("/migrations", schedules.of_a_migration)
api.add_router("/schedules", schedules.router)
api.add_router("/migrations", promotions.router)
api.add_router("/migrations", waivers.router)
api.add_router("/runs", runs.router)
api.add_router("/runs", run_stream.router)
api.add_router("/audit", audit.router)
api.add_router("/routes", routes.router)
api.add_router("/tokens", tokens.router)
api.add_router("/secrets", stored_secrets.router)
api.add_router("/search", search.router)
api.add_router("/trends", trends.router)
api.add_router("/sessions", sessions.router)
api.add_router("/lockouts", lockouts.router)
api.add_router("/webhooks", webhooks.router)
api.add_router("/invitations", invitations.router)
api.add_router("/alert-rules", alerts.rules)
api.add_router("/alert-channels", alerts.channels)
api.add_router("/alerts", alerts.router)

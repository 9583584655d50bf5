"""Where each door hangs."""

from allauth import urls as accounts
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from migrations_app.web.ways_in import guarded

urlpatterns = [
    path("", include("migrations_app.web.urls")),
    path("", include("migrations_app.api.urls")),
    # In place of allauth's page, which would end sessions without an entry in the audit trail.
    path("accounts/sessions/", RedirectView.as_view(pattern_name="settings_sessions")),
    path("accounts/", include(guarded(accounts.urlpatterns))),
    path("admin/login/", secure_admin_login(admin.site.login)),  # by the one way in: factors, lock-out, sessions
    path("admin/", admin.site.urls),
]

handler400 = "migrations_app.web.errors.bad_request"
handler403 = "migrations_app.web.errors.permission_denied"
handler404 = "migrations_app.web.errors.not_found"
handler500 = "migrations_app.web.errors.server_error"

"""Where each door hangs."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("migrations_app.web.urls")),
    path("", include("migrations_app.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "migrations_app.web.errors.bad_request"
handler403 = "migrations_app.web.errors.permission_denied"
handler404 = "migrations_app.web.errors.not_found"
handler500 = "migrations_app.web.errors.server_error"

"""The API and the probes, as `snakeweb/urls.py` includes them."""

from django.urls import path

from migrations_app.api import probes
from migrations_app.api.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]

"""The Celery application. `celery -A snakeweb worker` starts one worker process."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snakeweb.settings")

app = Celery("snakeweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["migrations_app"])
# By name: the application is made before Django's models can be imported.
app.steps["worker"].add("migrations_app.tasks:WatchdogStep")

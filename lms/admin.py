"""Every model of ours in the operators' admin, and the locks of accounts."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin

from lms.admin_site import LockAdmin, ReadOnlyAdmin

for label in ("records", "people", "courses", "grading"):
    for model in apps.get_app_config(label).get_models():
        admin.site.register(model, ReadOnlyAdmin)
admin.site.register(AccessAttempt, LockAdmin)

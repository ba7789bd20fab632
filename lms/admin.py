"""Every model of ours in the operators' admin, and the locks of accounts."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin

from lms.admin_site import LockAdmin, ReadOnlyAdmin
from lms.admin_words import name_in_words

for label in ("records", "people", "courses", "grading"):
    for model in apps.get_app_config(label).get_models():
        admin.site.register(model, ReadOnlyAdmin)
admin.site.register(AccessAttempt, LockAdmin)
for model in admin.site._registry:  # noqa: SLF001 - has no public name
    name_in_words(model)

"""Django's admin, with a door and rules of our own."""

from django.contrib.admin.apps import AdminConfig


class OperatorAdminConfig(AdminConfig):
    default_site = "lms.admin_site.OperatorSite"

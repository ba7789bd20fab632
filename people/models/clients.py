"""Machines that talk to the API."""

from __future__ import annotations

from django.db import models
from oauth2_provider.models import AbstractApplication

from people.models.accounts import User
from people.models.organization import OrganizationUnit
from records.models import new_id


class IntegrationClient(AbstractApplication):  # type: ignore[misc]  # untyped library
    """An OAuth2 application of an affiliate or, without one, of the whole group.

    Its own service account makes machines subject to the same querysets and audit as people.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    affiliate = models.ForeignKey(
        OrganizationUnit, null=True, on_delete=models.PROTECT, related_name="integration_clients"
    )
    service_user = models.OneToOneField(
        User, null=True, on_delete=models.PROTECT, related_name="integration_client"
    )

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]
        abstract = False
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"

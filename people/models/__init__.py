"""Who there is: accounts, persons, the one organization tree, who works where and when, and who may do what."""

from people.models.accounts import LoginCode, User, user_of
from people.models.clients import IntegrationClient
from people.models.employment import Employment, Leave
from people.models.notifications import Notification
from people.models.organization import JobFamily, JobRole, OrganizationUnit
from people.models.persons import EmployeeNumber, Person, SearchTerm
from people.models.roles import Role

__all__ = [
    "EmployeeNumber",
    "Employment",
    "IntegrationClient",
    "JobFamily",
    "JobRole",
    "Leave",
    "LoginCode",
    "Notification",
    "OrganizationUnit",
    "Person",
    "Role",
    "SearchTerm",
    "User",
    "user_of",
]

"""The addresses of people, the organization and jobs, in the namespace `people`."""

from __future__ import annotations

from django.urls import path

from people.pages import (
    changes,
    exports,
    jobs,
    login_codes,
    newcomers,
    organization,
    people,
    person,
    reversals,
    second_jobs,
    suggestions,
)

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/export/", exports.export, name="export"),
    path("people/new/", newcomers.new_employee, name="new-employee"),
    path("people/new-partner/", newcomers.new_partner, name="new-partner"),
    path("people/suggest/", suggestions.suggest_person, name="suggest-person"),
    path("people/me/", person.me, name="me"),
    path("people/<uuid:pk>/", person.person, name="person"),
    *(
        path(f"people/<uuid:pk>/{name}/", changes.change, {"name": name}, name=name)
        for name in changes.CHANGES
    ),
    path("people/<uuid:pk>/cancel-leaving/", reversals.cancel_leaving, name="cancel-leaving"),
    path("people/<uuid:pk>/reinstate/", reversals.reinstate, name="reinstate"),
    path("people/<uuid:pk>/login-code/", login_codes.login_code, name="login-code"),
    path("people/<uuid:pk>/lift-lock/", reversals.lift_lock, name="lift-lock"),
    path("people/employments/<uuid:pk>/end/", second_jobs.end_second_job, name="end-second-job"),
    path("people/employments/<uuid:pk>/cancel/", reversals.cancel_employment, name="cancel-employment"),
    path("people/leaves/<uuid:pk>/cancel/", reversals.cancel_leave, name="cancel-leave"),
    path("people/roles/<uuid:pk>/take/", reversals.take_role, name="take-role"),
    path("organization/", organization.organization, name="organization"),
    path("organization/suggest/", suggestions.suggest_unit, name="suggest-unit"),
    path("organization/<uuid:pk>/", organization.unit, name="unit"),
    path("organization/<uuid:pk>/new/", organization.new_unit, name="new-unit"),
    path("organization/<uuid:pk>/edit/", organization.edit_unit, name="edit-unit"),
    path("organization/<uuid:pk>/move/", organization.move, name="move-unit"),
    path("job-roles/", jobs.jobs, name="jobs"),
    path("job-roles/new/", jobs.new_job, name="new-job"),
    path("job-roles/families/new/", jobs.new_family, name="new-family"),
    path("job-roles/families/<uuid:pk>/", jobs.rename_family, name="rename-family"),
    path("job-roles/<uuid:pk>/", jobs.rename_role, name="rename-job"),
]

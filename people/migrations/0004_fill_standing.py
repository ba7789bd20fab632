"""Where the people of an existing site stand today, and the terms by which they are found."""

from django.db import migrations
from django.db.models import F
from django.utils import timezone

from people.names import search_terms, sort_key


def fill(apps, schema_editor):
    units = apps.get_model("people", "OrganizationUnit").objects
    # The triggers fill path and affiliate of whatever they see change, from the root down.
    units.filter(parent=None).update(parent=F("parent"))
    people = apps.get_model("people", "Person").objects
    terms = apps.get_model("people", "SearchTerm").objects
    numbers = apps.get_model("people", "EmployeeNumber").objects
    today = timezone.localdate()
    for person in people.select_related("user").iterator():
        employments = list(person.employments.select_related("unit").order_by("starts_on"))
        held = set()
        for employment in employments:
            affiliate = employment.unit.affiliate_id
            if employment.employee_number and affiliate:
                held.add(employment.employee_number)
                numbers.get_or_create(
                    affiliate_id=affiliate, number=employment.employee_number, defaults={"person": person}
                )
        current = [
            employment
            for employment in employments
            if employment.primary
            and employment.starts_on <= today
            and (employment.ends_on is None or employment.ends_on >= today)
        ]
        if current:
            person.unit_id = current[-1].unit_id
            person.affiliate_id = current[-1].unit.affiliate_id
            person.manager_id = current[-1].manager_id
        person.sort_key = sort_key(person.name)
        person.save(update_fields=["unit", "affiliate", "manager", "sort_key"])
        terms.bulk_create(
            terms.model(person=person, term=term)
            for term in search_terms(person.name, person.user.email, *held)
        )


class Migration(migrations.Migration):
    dependencies = [("people", "0003_rules_of_the_database")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

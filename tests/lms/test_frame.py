"""The frame of every page: who is offered which way, and what the parts say."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from lms import context
from lms.context import Entry
from people.models import Role
from tests.factories import admin, course, instructor, person

pytestmark = pytest.mark.django_db


def drawn(line: str, **values: Any) -> str:
    return str(engines["django"].from_string(line).render(values, RequestFactory().get("/")))


def ways(client: Client) -> list[str]:
    page = client.get("/", headers={"accept-language": "en"})
    return [str(entry["label"]) for entry in page.context["navigation"]()]


def test_a_learner_is_offered_no_way_that_is_not_theirs(client: Client) -> None:
    client.force_login(person().user)
    assert "Home" in ways(client)
    assert not {"Grading", "People"} & set(ways(client))


def test_who_teaches_is_offered_the_grading(client: Client) -> None:
    client.force_login(instructor(course()).user)
    assert "Grading" in ways(client)


def test_an_entry_waits_for_its_page_and_its_rule(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (
        Entry("nowhere:page", "Nowhere", "house"),
        Entry("dashboards:home", "Never", "house", lambda _standing: False),
        Entry("dashboards:home", "Always", "house"),
    )
    monkeypatch.setattr(context, "NAVIGATION", entries)
    client.force_login(person().user)
    assert ways(client) == ["Always"]


def test_the_way_that_leads_here_is_marked(client: Client) -> None:
    client.force_login(instructor(course()).user)
    for address in ("/", "/teaching/"):
        html = client.get(address).content.decode()
        assert html.count('aria-current="page"') == 1
        assert f'<a href="{address}" aria-current="page">' in html


def test_the_form_of_a_unit_belongs_to_the_organization_alone(client: Client) -> None:
    chief = admin("group_admin")
    client.force_login(chief.user)
    for address in (f"/organization/{chief.unit_id}/edit/", f"/people/{chief.pk}/edit/"):
        page = client.get(address)
        current = [entry["url"] for entry in page.context["navigation"]() if entry["current"]]
        assert current == [f"/{address.split('/')[1]}/"]


def test_a_fragment_asks_for_no_menu(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = RequestFactory().get("/")
    request.user = person().user
    with django_assert_num_queries(0):
        engines["django"].from_string("{{ site_name }}{{ person }}").render({}, request)


class Everything(forms.Form):
    name = forms.CharField(help_text="As colleagues write it.")
    pace = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField()
    token = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(widget=forms.Textarea, required=False)


def test_a_refused_form_says_first_what_to_correct_with_links_to_the_fields() -> None:
    html = drawn('{% include "_form.html" with submit_label="Save" %}', form=Everything({}))
    summary = html[html.index("data-errors") : html.index("</ul>")]
    for field in ("id_name", "id_pace", "id_agreed"):
        assert f'href="#{field}"' in summary
        assert f'id="{field}"' in html
        assert f'id="{field}_error"' in html
    assert "This field is required." in summary  # the hidden one too, though it has no place to link to
    assert "id_note_error" not in html


def test_a_form_that_was_not_sent_yet_has_no_summary() -> None:
    html = drawn('{% include "_form.html" with submit_label="Save" %}', form=Everything())
    assert "data-errors" not in html
    assert html.index("id_name_helptext") > 0
    assert html.count("<legend>") == 1
    assert 'class="optional"' in html


def test_a_message_that_can_be_undone_brings_the_button_for_it() -> None:
    plain = Message(messages.SUCCESS, "Saved.")
    undoable = Message(messages.SUCCESS, "Removed.", extra_tags="/roles/7/undo/")
    html = drawn('{% include "_messages.html" %}', messages=[plain, undoable])
    assert html.count("data-toast>") == 1
    assert '<form method="post" action="/roles/7/undo/">' in html


@pytest.mark.parametrize("address", ["/styleguide/", "/styleguide/errors/507/"])
def test_the_style_guide_is_for_staff(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
    client.force_login(person().user)
    assert client.get(address).status_code == 403
    client.force_login(admin(Role.Kind.TRAINING_ADMIN).user)
    assert client.get(address).status_code == 403
    client.force_login(admin(Role.Kind.OPERATOR).user)
    assert client.get(address).status_code == 200


def test_the_style_guide_draws_every_part_twice_with_ids_of_its_own(client: Client) -> None:
    client.force_login(admin(Role.Kind.OPERATOR).user)
    html = client.get("/styleguide/").content.decode()
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert sorted(ids) == sorted(set(ids))
    assert html.count('class="specimen') == 2 * html.count('<section class="part"') - 2
    assert " style=" not in html

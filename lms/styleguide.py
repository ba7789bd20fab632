"""Every part that pages are made of, drawn from the very line that a template uses for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from lms.styleguide_charts import chart_samples
from people.backends import operates
from people.models import user_of

_KINDS = (("cpu", gettext_lazy("Without a GPU")), ("gpu", gettext_lazy("With a GPU")))


class SampleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As colleagues write it."))
    day = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    machine = forms.ChoiceField(label=gettext_lazy("Machine"), choices=_KINDS)
    skills = forms.MultipleChoiceField(label=gettext_lazy("Skills"), choices=_KINDS, required=False)
    pace = forms.ChoiceField(label=gettext_lazy("Pace"), choices=_KINDS, widget=forms.RadioSelect)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"), choices=_KINDS, widget=forms.CheckboxSelectMultiple, required=False
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    file = forms.FileField(label=gettext_lazy("File"), required=False)
    agreed = forms.BooleanField(label=gettext_lazy("Tell me when it is done"), required=False)


class SampleFilter(forms.Form):
    machine = forms.ChoiceField(label=gettext_lazy("Machine"), choices=_KINDS, required=False)


# The codes that have a page of their own; each is also the name of its template.
ERRORS = ("400", "403", "403_csrf", "404", "413", "422", "429", "500", "503", "507")


@dataclass(frozen=True)
class Part:
    """`code` is what a template writes; it is also what draws the specimen."""

    title: Any
    code: str

    def drawn(self, context: dict[str, Any], request: HttpRequest) -> str:
        return engines["django"].from_string("{% load charts i18n %}" + self.code).render(context, request)


PARTS = (
    Part(
        gettext_lazy("Head of a page"),
        '{% include "_crumb.html" with up=up here=title %}\n'
        '{% include "_page_head.html" with title=title subtitle=text '
        'action_url="#" action_label=label action_icon="user-plus" %}',
    ),
    Part(gettext_lazy("Tabs"), '{% include "_tabs.html" with tabs=tabs label=label %}'),
    Part(gettext_lazy("Stats that filter"), '{% include "_stats.html" with stats=stats %}'),
    Part(
        gettext_lazy("Buttons and links"),
        '<div class="row wrap"><a class="btn" href="#">{{ label }}</a>'
        '<a class="btn quiet" href="#">{{ label }}</a><a class="btn danger" href="#">{{ label }}</a>\n'
        '<a class="btn quiet sm" href="#">{% icon "download" %}{{ label }}</a>'
        '<a class="link" href="#">{{ label }}{% icon "chevron-right" %}</a></div>',
    ),
    Part(
        gettext_lazy("Chips"),
        '<p class="row wrap">{% for tone in tones %}{% include "_chip.html" with label=label icon="check" %}'
        "{% endfor %}{% include \"_tag.html\" with label=label url='#' %}</p>",
    ),
    Part(
        gettext_lazy("Callouts"),
        '<div class="stack">{% for tone in tones %}{% include "_callout.html" with title=title text=text '
        'url="#" link=label %}\n{% endfor %}</div>',
    ),
    Part(
        gettext_lazy("Card with names and values"),
        '<section class="card"><header><h3>{{ title }}</h3></header>'
        '{% include "_pairs.html" with pairs=pairs %}</section>',
    ),
    Part(
        gettext_lazy("A person"),
        '{% include "_person.html" with name=person initials=account_initials detail=text url="#" %}',
    ),
    Part(
        gettext_lazy("Progress and score"),
        '<div class="row">{% include "_ring.html" with got=62 pending=20 score=12.4 max=20 '
        "label=label id=theme %}</div>\n"
        '{% include "_progress.html" with percent=58 label=label %}',
    ),
    Part(gettext_lazy("Timeline"), '{% include "_timeline.html" with events=events %}'),
    Part(
        gettext_lazy("Empty state that teaches"),
        '<div class="card">{% include "_empty.html" with icon="users" title=title text=text '
        'action_url="#" action_label=label %}</div>',
    ),
    Part(
        gettext_lazy("Search and filters"),
        '{% include "_filters.html" with form=filter search="" search_label=label %}',
    ),
    Part(gettext_lazy("One large search"), '{% include "_finder.html" with value="" label=label %}'),
    Part(
        gettext_lazy("A list beside its filters"),
        '<div class="faceted">{% include "_facets.html" with groups=groups clear_url="#" %}\n'
        '<div><div class="found-bar"><h3>{{ text }}</h3>{% include "_tag.html" with label=label url="#" %}</div>'
        "</div></div>",
    ),
    Part(
        gettext_lazy("Table; on a phone each row is a card"),
        '<div class="card scroller" tabindex="0" role="region" aria-label="{{ table_label }}">'
        '<table class="tbl cards">\n'
        '<thead><tr><th scope="col">{{ names.0 }}</th><th scope="col">{{ names.1 }}</th>'
        '<th scope="col" class="r">{{ names.2 }}</th></tr></thead>\n'
        '<tbody>{% for row in rows %}<tr><th scope="row">'
        '{% include "_person.html" with name=row.0 initials=row.1 %}</th>\n'
        '<td data-label="{{ names.1 }}">{% include "_chip.html" with label=row.2 tone=row.3 %}</td>'
        '<td class="r num" data-label="{{ names.2 }}">{{ row.4 }}</td></tr>{% endfor %}</tbody>\n'
        "</table></div>\n"
        '{% include "_paging.html" with shown=text first_url="#" next_url="#" %}',
    ),
    Part(
        gettext_lazy("Form, its fields and errors"),
        '{% include "_form.html" with form=form submit_label=label cancel_url="#" %}',
    ),
    Part(
        gettext_lazy("Dialog"),
        '<a class="btn quiet" href="#" data-dialog="{{ theme }}-dialog">{{ label }}</a>\n'
        '{% include "_dialog.html" with id=theme|add:"-dialog" title=title text=text form=confirmation '
        'submit_label=label tone="danger" %}',
    ),
    Part(gettext_lazy("Toast with undo"), '{% include "_toast.html" with text=text undo=undo %}'),
    Part(gettext_lazy("Line"), '<div class="card">{% line_chart line %}</div>'),
    Part(gettext_lazy("Columns"), '<div class="card">{% column_chart columns %}</div>'),
    Part(gettext_lazy("Stacked columns"), '<div class="card">{% stacked_chart stacked %}</div>'),
    Part(gettext_lazy("Bars with a target"), '<div class="card">{% bar_chart bars %}</div>'),
    Part(gettext_lazy("Heat grid"), '<div class="card">{% heat_grid heat %}</div>'),
    Part(gettext_lazy("Funnel"), '<div class="card">{% funnel_chart funnel %}</div>'),
    Part(gettext_lazy("Sparkline"), "{% sparkline spark %}"),
)


@login_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """For operators: who builds pages looks here for the parts."""
    _require_staff(request)
    # The second drawing shows the other theme and is a picture only, so its ids differ.
    here, other = _samples("here"), _samples("other")
    parts = [
        {
            "title": part.title,
            "code": part.code,
            "here": part.drawn(here, request),
            "other": part.drawn(other, request),
        }
        for part in PARTS
    ]
    return render(request, "styleguide/styleguide.html", {"parts": parts, "errors": ERRORS})


@login_required
@require_GET
def styleguide_error(request: HttpRequest, code: str) -> HttpResponse:
    """The page of an error without the error."""
    _require_staff(request)
    return render(request, f"{code}.html", {"code": code})


def _require_staff(request: HttpRequest) -> None:
    if not operates(user_of(request)):
        raise PermissionDenied


def _samples(theme: str) -> dict[str, Any]:
    now = timezone.now()
    return {
        "theme": theme,
        "title": _("First steps with data"),
        "text": _("8 people finished it, 2 of them this week."),
        "label": _("Show the list"),
        "undo": reverse("styleguide"),
        "up": [(_("Home"), reverse("dashboards:home"))],
        "tones": ["", "ok", "due", "bad", "wait"],
        "pairs": [(_("Points"), "12"), (_("Attempts left"), "3")],
        "names": [_("Name"), _("State"), _("Progress")],
        "table_label": _("A table of people") + ("" if theme == "here" else " 2"),
        "rows": [
            ("Jiwoo Park", "JP", _("On time"), "ok", "80%"),
            ("Minjae Kang", "MK", _("Overdue"), "bad", "12%"),
        ],
        "tabs": [
            {"url": "#", "label": _("Direct reports"), "count": 12, "current": True},
            {"url": "#", "label": _("Everyone below"), "count": 48},
        ],
        "stats": [
            {"label": _("All"), "value": 12, "icon": "users", "url": "#", "current": True},
            {"label": _("Overdue"), "value": 3, "note": _("9 days at most"), "icon": "circle-alert",
             "tone": "bad", "url": "#"},
            {"label": _("On time"), "value": 5, "icon": "circle-check", "tone": "ok", "url": "#"},
        ],
        "events": [
            {"title": _("Transfer"), "text": _("To another affiliate"), "icon": "arrow-right-left",
             "tone": "wait", "at": now, "coming": True},
            {"title": _("Hired"), "icon": "user-plus", "tone": "ok", "at": now},
        ],
        "groups": [
            {"label": _("Machine"), "name": "machine", "options": [
                {"value": "cpu", "label": _KINDS[0][1], "count": 7, "checked": True},
                {"value": "gpu", "label": _KINDS[1][1], "count": 8},
            ]},
        ],
        "form": SampleForm({f"{theme}-name": "", f"{theme}-machine": "gpu", f"{theme}-days": ["cpu"]}, prefix=theme),
        "filter": SampleFilter(prefix=f"{theme}-filter"),
        "confirmation": forms.Form(prefix=theme),
        **chart_samples(theme),
    }  # fmt: skip

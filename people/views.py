from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView

from people.demo import demo_password
from people.forms import LoginForm
from people.models import Person


class Login(LoginView):
    template_name = "people/login.html"
    authentication_form = LoginForm  # type: ignore[assignment]  # it only needs get_user()
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = Person.objects.filter(user__is_demo=True, user__is_active=True).select_related("user")
        accounts = [(person.user.username, str(person)) for person in demo.order_by("user__username")[:20]]
        context = super().get_context_data(**kwargs) | {
            "demo_accounts": accounts,
            # A password that somebody chose is theirs to tell.
            "demo_password_is_demo": demo_password() == "demo",
        }
        del context["site_name"]  # Django's is the host; ours has a name
        return context

"""What lets somebody in, and ending it."""

from __future__ import annotations

from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from people.models import User


def end_access(user: User) -> None:
    """Take away whatever would still open the site to this account."""
    user.login_codes.all().delete()
    get_refresh_token_model().objects.filter(user=user).delete()
    get_access_token_model().objects.filter(user=user).delete()

from django.urls import include, path

from people import audit_views, notification_views
from people.pages.urls import urlpatterns as people_pages
from people.signin import account, factors

# One namespace for all pages of people.
pages = [
    *people_pages,
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account-password"),
    path("account/sessions/", account.sessions, name="account-sessions"),
    path("account/sessions/<int:pk>/end/", account.end_session, name="account-session-end"),
    path("account/sessions/end-others/", account.end_other_sessions, name="account-sessions-end"),
    path("account/second-factor/", factors.set_up, name="second-factor"),
    path("notifications/", notification_views.notifications, name="notifications"),
    path("notifications/read/", notification_views.read_all, name="read_notifications"),
    path("notifications/mail/", notification_views.choose_mail, name="choose_mail"),
    path("notifications/<uuid:pk>/", notification_views.open_notification, name="notification"),
    path("audit/", audit_views.audit_log, name="audit"),
]
urlpatterns = [
    path("", include("people.signin.urls")),
    path("", include((pages, "people"))),
]

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from people import audit_views, notification_views
from people.pages.urls import urlpatterns as people_pages
from people.views import Login

# One namespace for all pages of people.
pages = [
    *people_pages,
    path("notifications/", notification_views.notifications, name="notifications"),
    path("notifications/read/", notification_views.read_all, name="read_notifications"),
    path("notifications/mail/", notification_views.choose_mail, name="choose_mail"),
    path("notifications/<uuid:pk>/", notification_views.open_notification, name="notification"),
    path("audit/", audit_views.audit_log, name="audit"),
]
urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include((pages, "people"))),
]

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from people.pages.urls import urlpatterns as people_pages
from people.views import Login

# One namespace for all pages of people.
pages = [*people_pages]
urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include((pages, "people"))),
]

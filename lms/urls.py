from django.urls import include, path, re_path

from lms import health, live, styleguide

handler500 = "lms.limits.server_error"
urlpatterns = [
    path("readyz", health.readyz),
    path("live/token/", live.renew, name="live-token"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    re_path(
        rf"^styleguide/errors/(?P<code>{'|'.join(styleguide.ERRORS)})/$",
        styleguide.styleguide_error,
        name="styleguide-error",
    ),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("records.urls")),
    path("", include("people.urls")),
    path("", include("dashboards.urls")),
    path("", include("courses.urls")),
    path("", include("grading.urls")),
]

from django.contrib import admin
from django.urls import include, path, re_path

from lms import health, languages, live, styleguide

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
    path("", include("records.urls")),
    path("i18n/setlang/", languages.set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("", include("people.urls")),
    path("", include("dashboards.urls")),
    path("", include("courses.urls")),
    path("", include("grading.urls")),
]

from django.urls import path

from records import views

app_name = "records"
urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", views.job, name="job"),
    path("jobs/<uuid:pk>/state/", views.job_state, name="job-state"),
    path("jobs/<uuid:pk>/cancel/", views.cancel, name="job-cancel"),
    path("jobs/<uuid:pk>/file/", views.job_file, name="job-file"),
    path("mails/", views.mails, name="mails"),
    path("mails/<uuid:pk>/", views.mail, name="mail"),
    path("mails/<uuid:pk>/retry/", views.retry, name="mail-retry"),
]

from django.urls import path

from grading import files, views

app_name = "grading"
urlpatterns = [
    path("courses/<slug:slug>/units/<slug:key>/submit/", views.submit, name="submit"),
    path("courses/<slug:slug>/units/<slug:key>/notebook.ipynb", views.download_released, name="released"),
    path("courses/<slug:slug>/units/<slug:key>/starter.zip", files.download_starter, name="starter"),
    path("submissions/<uuid:pk>/", views.submission, name="submission"),
    path("submissions/<uuid:pk>/state/", views.submission_state, name="submission_state"),
    path("submissions/<uuid:pk>/notebook.ipynb", views.download_submitted, name="submitted"),
    path("submissions/<uuid:pk>/files.zip", files.download_files, name="submitted_files"),
    path("teaching/", views.teaching, name="teaching"),
    path("runs/<uuid:pk>/grades/", views.grades, name="grades"),
    path("results/<uuid:pk>/grade/", views.grade_by_hand, name="grade_by_hand"),
    path("environments/", views.environments, name="environments"),
]

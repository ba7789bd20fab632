from django.urls import path

from courses import views

app_name = "courses"
urlpatterns = [
    path("courses/", views.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", views.course, name="course"),
    path("courses/<slug:slug>/enroll/", views.enroll, name="enroll"),
    path("courses/<slug:slug>/units/<slug:key>/", views.unit, name="unit"),
    path("courses/<slug:slug>/units/<slug:key>/complete/", views.complete, name="complete"),
    path("courses/<slug:slug>/units/<slug:key>/images/<str:name>", views.image, name="image"),
]

from django.urls import path

from apps.reviews.views import reviews, series, setting_up

urlpatterns = [
    path("<provider:provider>/reviews/", reviews.review_list, name="list"),
    path("<provider:provider>/reviews/new/", setting_up.create, name="create"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/change/", series.change, name="change"),
    path("reviews/<uuid:pk>/end/", series.end, name="end"),
    path("reviews/<uuid:pk>/delete/", series.delete, name="delete"),
    path("reviews/<uuid:pk>/restore/", series.restore, name="restore"),
    path("reviews/<uuid:pk>/take-over/", series.take_over, name="take_over"),
]

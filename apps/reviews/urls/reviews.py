from django.urls import path

from apps.reviews.views import reviews, setting_up

urlpatterns = [
    path("<provider:provider>/reviews/", reviews.review_list, name="list"),
    path("<provider:provider>/reviews/new/", setting_up.create, name="create"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
]

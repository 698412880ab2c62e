from django.urls import path

from apps.reviews.views import reviews

urlpatterns = [
    path("<provider:provider>/reviews/", reviews.review_list, name="list"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
]

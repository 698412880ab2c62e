from django.urls import path

from apps.reviews.views import rounds

urlpatterns = [
    path("reviews/rounds/<uuid:pk>/", rounds.overview, name="round"),
]

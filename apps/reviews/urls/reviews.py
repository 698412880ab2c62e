from django.urls import path

from apps.reviews.views import reviews

urlpatterns = [
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
]

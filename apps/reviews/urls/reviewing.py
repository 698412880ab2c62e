from django.urls import path

from apps.reviews.views import reviewing

urlpatterns = [
    path("review-access/<uuid:pk>/", reviewing.lines, name="lines"),
]

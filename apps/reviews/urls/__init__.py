"""Addresses of access reviews, a file for each part."""

from apps.reviews.urls import reviewing, reviews, rounds

app_name = "reviews"
urlpatterns = [*reviewing.urlpatterns, *reviews.urlpatterns, *rounds.urlpatterns]

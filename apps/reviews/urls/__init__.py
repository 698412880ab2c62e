"""Addresses of access reviews, a file for each part."""

from apps.reviews.urls import exports, reviewing, reviews, rounds

app_name = "reviews"
urlpatterns = [*exports.urlpatterns, *reviewing.urlpatterns, *reviews.urlpatterns, *rounds.urlpatterns]

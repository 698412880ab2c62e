from django.urls import path

from apps.reviews.views import answering, reviewing

urlpatterns = [
    path("review-access/", reviewing.review_access, name="review_access"),
    path("review-access/<uuid:pk>/", reviewing.lines, name="lines"),
    path("review-access/<uuid:pk>/start/", answering.start, name="start"),
    path("review-access/<uuid:pk>/lines/<uuid:line>/", answering.answer, name="answer"),
    path("review-access/<uuid:pk>/answers/", answering.answer_many, name="answer_many"),
    path("review-access/<uuid:pk>/recommendations/", answering.recommendations, name="recommendations"),
]

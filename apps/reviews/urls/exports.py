from django.urls import path

from apps.reviews.views import exports

urlpatterns = [
    path("reviews/history/", exports.history, name="history"),
    path("reviews/history/export/", exports.export_history, name="export_history"),
    path("reviews/rounds/<uuid:pk>/export/", exports.export_round, name="export_round"),
    path("reviews/rounds/<uuid:pk>/evidence/", exports.export_evidence_pack, name="export_evidence"),
]

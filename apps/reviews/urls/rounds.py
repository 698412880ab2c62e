from django.urls import path

from apps.reviews.views import by_hand, round_actions, rounds

_ROUND = "reviews/rounds/<uuid:pk>/"

urlpatterns = [
    path(_ROUND, rounds.overview, name="round"),
    path(f"{_ROUND}results/", rounds.results, name="results"),
    path(f"{_ROUND}reviewers/", rounds.reviewers, name="reviewers"),
    path(f"{_ROUND}settings/", rounds.settings, name="round_settings"),
    path(f"{_ROUND}rounds/", rounds.series, name="rounds"),
    path(f"{_ROUND}audit/", rounds.audit, name="round_audit"),
    path(f"{_ROUND}remind/", round_actions.remind, name="remind"),
    path(f"{_ROUND}reset/", round_actions.reset, name="reset_round"),
    path(f"{_ROUND}stop-stage/", round_actions.stop_stage, name="stop_stage"),
    path(f"{_ROUND}stop/", round_actions.stop, name="stop_round"),
    path(f"{_ROUND}apply/", round_actions.apply, name="apply_round"),
    path(f"{_ROUND}end/", round_actions.move_end, name="move_end"),
    path(f"{_ROUND}change-reviewers/", round_actions.change_reviewers, name="change_reviewers"),
    path("reviews/by-hand/", by_hand.lines, name="by_hand"),
    path("reviews/by-hand/<uuid:pk>/", by_hand.note, name="note_handled"),
]

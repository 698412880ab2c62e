from django.urls import path

from apps.access_requests.views import (
    activating,
    adding,
    all_requests,
    assignments,
    changing,
    deciding,
    extending,
    my_roles,
    prolonging,
    requests,
    revoking,
)

app_name = "access_requests"
urlpatterns = [
    path("my-roles/", my_roles.my_roles, name="my_roles"),
    path("my-roles/activate/", activating.activate, name="activate"),
    path("my-roles/<uuid:pk>/extend/", extending.extend, name="extend"),
    path("my-roles/<uuid:pk>/extend-assignment/", prolonging.extend_assignment, name="extend_assignment"),
    path("my-roles/<uuid:pk>/renew/", prolonging.renew, name="renew"),
    path("my-roles/<uuid:pk>/deactivate/", my_roles.deactivate, name="deactivate"),
    path("requests/", requests.mine, name="my_requests"),
    path("requests/all/", all_requests.everybodys, name="all_requests"),
    path("requests/all/export/", all_requests.export_everybodys, name="export_all_requests"),
    path("requests/<uuid:pk>/", requests.detail, name="request"),
    path("requests/<uuid:pk>/audit/", requests.audit, name="request_audit"),
    path("requests/<uuid:pk>/cancel/", requests.withdraw, name="cancel"),
    path("approve/", deciding.approve_list, name="approve"),
    path("approve/decide/", deciding.decide_several, name="decide_many"),
    path("approve/<uuid:pk>/", deciding.decide_one, name="decide"),
    path("assignments/<slug:change>/", changing.change_assignments, name="change_assignments"),
    path("people/<uuid:pk>/revoke/", revoking.revoke_everything, name="revoke_all"),
    path("<provider:provider>/requests/", all_requests.of_place, name="provider_requests"),
    path("<provider:provider>/requests/export/", all_requests.export_of_place, name="export_requests"),
    path("<provider:provider>/assignments/", assignments.assignments, name="assignments"),
    path("<provider:provider>/assignments/add/", adding.add_assignments, name="add_assignments"),
    path("<provider:provider>/assignments/export/", assignments.export, name="export_assignments"),
]

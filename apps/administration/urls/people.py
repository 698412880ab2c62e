from django.urls import path

from apps.administration.views import audit, people, person, person_changes

urlpatterns = [
    path("people/", people.everybody, name="people"),
    path("people/export/", people.export, name="export_people"),
    path("people/invite/", person_changes.invite, name="invite_person"),
    path("people/<uuid:pk>/", person.person, name="person"),
    path("people/<uuid:pk>/audit/", audit.of_person, name="person_audit"),
    path("people/<uuid:pk>/audit/export/", audit.export_of_person, name="export_person_audit"),
    path("people/<uuid:pk>/change/", person_changes.change, name="change_person"),
    path("people/<uuid:pk>/send-link/", person_changes.send_link, name="send_link"),
    path("people/<uuid:pk>/reset-factor/", person_changes.reset_factor, name="reset_factor"),
    path("people/<uuid:pk>/disable/", person_changes.disable, name="disable_person"),
    path("people/<uuid:pk>/enable/", person_changes.enable, name="enable_person"),
]

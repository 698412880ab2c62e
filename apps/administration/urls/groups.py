from django.urls import path

from apps.administration.views import groups

urlpatterns = [
    path("groups/", groups.group_list, name="groups"),
    path("groups/export/", groups.export, name="export_groups"),
    path("groups/new/", groups.create, name="create_group"),
    path("groups/<uuid:pk>/", groups.group, name="group"),
    path("groups/<uuid:pk>/export/", groups.export_shown, name="export_group"),
    path("groups/<uuid:pk>/change/", groups.change, name="change_group"),
    path("groups/<uuid:pk>/manage/", groups.manage, name="manage_group"),
    path("groups/<uuid:pk>/release/", groups.release, name="release_group"),
    path("groups/<uuid:pk>/retire/", groups.retire, name="retire_group"),
    path("groups/<uuid:pk>/people/add/", groups.add_people, name="add_to_group"),
    path("groups/<uuid:pk>/people/<uuid:row_pk>/remove/", groups.remove, name="remove_from_group"),
]

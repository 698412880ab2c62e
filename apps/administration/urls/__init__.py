"""Every address of administration, one list per subject."""

from apps.administration.urls import (
    audit,
    groups,
    imports,
    installation,
    mail,
    people,
    resources,
    roles,
    search,
    settings,
    settings_file,
    webhooks,
)

app_name = "administration"
_SUBJECTS = (
    *(people, groups, resources, roles, settings, settings_file, imports, audit, search),
    *(installation, mail, webhooks),
)
urlpatterns = [address for subject in _SUBJECTS for address in subject.urlpatterns]

"""The pages on which admins add, change and remove assignments."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import GroupFacts, may_pick
from apps.access_requests.policy.changing import Change
from apps.assignments.models import Assignment
from apps.common.access import Access, Grant, Permission, Provider
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.access_requests.pages import code_of, text_of, written
from tests.factories import activate, assign, make_active, make_group, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LIST = "/directory/assignments/"
ADD = reverse("access_requests:add_assignments", args=["directory"])


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return administrator


def change_url(change):
    return reverse("access_requests:change_assignments", args=[change])


def chosen(*principals, role_id=built_in.TEAMS_ADMINISTRATOR, **values):
    """The first step, and with `kind` the second."""
    ids = [str(principal.pk) for principal in principals]
    return {"role": str(role_id), "resource": str(directory().pk), "principals": ids} | values


def settled(admin, **values):
    """The second step, rightly filled in but for `values`."""
    filled = {"kind": "eligible", "start": "now", "end": "30", "justification": "Needed"}
    return filled | {"code": code_of(admin)} | values


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# ---- Adding ------------------------------------------------------------------------------------------------


def test_adds_many_in_two_steps(client, admin, visitor, requester, now):
    first = client.post(ADD, chosen(visitor, requester))
    before = written()
    second = client.post(ADD, chosen(visitor, requester, **settled(admin)))

    assert "Step 2 of 2" in text_of(first)
    assert before["Assignment"] != written()["Assignment"]
    assert second.status_code == 302
    rows = Assignment.objects.eligible().filter(principal__in=[visitor.pk, requester.pk])
    assert {(row.principal_id, row.ends_at - row.starts_at) for row in rows} == {
        (visitor.pk, 30 * DAY),
        (requester.pk, 30 * DAY),
    }


def test_chooses_the_only_scope_by_itself(client, admin):
    field = client.get(ADD).context["form"]["resource"]

    assert field.is_hidden
    assert field.value() == str(directory().pk)


def test_changes_nothing_by_the_first_step_or_by_going_back(client, admin, visitor):
    before = written()

    client.get(ADD)
    client.post(ADD, chosen(visitor))
    back = client.post(ADD, chosen(visitor, **settled(admin, back="1")))

    assert written() == before
    assert "Step 1 of 2" in text_of(back)
    assert visitor.name in text_of(back)


def test_gives_for_good_in_a_group_that_is_not_managed_whatever_its_settings(client, admin, visitor, now):
    team = make_group(is_managed=False, now=now)
    values = {"permanent_active": False, "permanent_eligible": False}
    set_rules(built_in.GROUP_MEMBER, resource=team.resource, now=now, **values)
    add = f"{reverse('access_requests:add_assignments', args=['groups'])}?on={team.resource.pk}"
    filled = settled(admin, kind="active", end="permanent", resource=str(team.resource.pk))

    client.post(add, chosen(visitor, role_id=built_in.GROUP_MEMBER, **filled))

    assert Assignment.objects.get(principal=visitor).is_permanent


def test_shows_the_limits_of_the_settings(client, admin, visitor, now):
    set_rules(now=now, permanent_active=False, active_maximum_days=15)

    text = text_of(client.post(ADD, chosen(visitor)))

    assert "Active: at most 15 days." in text
    assert "Eligible: permanent, or until any day." in text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "active", "end": "30"}, "ends_at"),
        ({"kind": "active", "end": "15", "justification": " "}, "justification"),
        ({"end": "other", "ends_at": "2020-01-01T00:00"}, "ends_at"),
        ({"start": "later", "starts_at": "never"}, "starts_at"),
        ({"end": "9"}, "end"),
        ({"kind": "both"}, "kind"),
        ({"code": "000000"}, "code"),
    ],
)
def test_puts_what_is_wrong_at_its_field(client, admin, visitor, now, values, field):
    set_rules(now=now, permanent_active=False, active_maximum_days=15)

    answer = client.post(ADD, chosen(visitor, **settled(admin, **values)))

    assert answer.status_code in (400, 409)
    assert field in answer.context["form"].errors
    assert not Assignment.objects.filter(principal=visitor).exists()


def test_offers_what_failed_again(client, admin, visitor, requester, eligible):
    answer = client.post(ADD, chosen(visitor, requester, **settled(admin)))

    assert answer.status_code == 409
    assert Assignment.objects.eligible().filter(principal=visitor).exists()
    assert answer.context["chosen"].principals == [requester.principal]
    assert "Assigned already" in text_of(answer)


def test_opens_only_for_who_may_assign_there(client, visitor, now):
    inside, outside = make_resource("Inside", now=now), make_resource("Outside", now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, inside, now=now, ends_at=now + DAY)
    client.force_login(visitor)
    add = reverse("access_requests:add_assignments", args=["resources"])

    text = text_of(client.get(add))
    codes = [client.get(f"{add}?on={place.pk}").status_code for place in (inside, outside)]
    forged = client.post(
        add, chosen(visitor, role_id=built_in.READER, resource=str(outside.pk), **settled(visitor))
    )

    assert ("Outside" in text, codes, forged.status_code) == (False, [200, 404], 400)
    assert client.get(ADD).status_code == 403


# ---- Changing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "count", "title"),
    [
        (Change.UPDATE, 1, "Update 1 assignment"),
        (Change.MAKE_ELIGIBLE, 1, "Make 1 assignment eligible"),
        (Change.MAKE_ACTIVE, 3, "Make 3 assignments active"),
    ],
)
def test_says_in_the_heading_what_is_about_to_be_done(change, count, title):
    assert change.of(count) == title


def test_removes_after_a_preview(client, admin, requester, eligible, now):
    activate(eligible, requester, now=now)
    before = written()
    preview = text_of(client.get(change_url("remove"), {"pick": str(eligible.pk)}))
    unchanged = written()
    answer = client.post(
        change_url("remove"),
        {
            "pick": str(eligible.pk),
            "justification": "Left",
            "code": code_of(admin),
            "next": "/directory/assignments/",
        },
    )

    assert before == unchanged
    assert "1 activation with it" in preview
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    eligible.refresh_from_db()
    assert eligible.ended_how == Assignment.End.REMOVED
    assert AccessRequest.objects.get(action="admin_remove").justification == "Left"


def test_updates_several_and_says_what_failed(client, admin, requester, eligible, now):
    other = assign(requester, built_in.USER_ADMINISTRATOR, now=now)
    set_rules(built_in.USER_ADMINISTRATOR, now=now, permanent_eligible=False, eligible_maximum_days=15)
    sent = {"pick": [str(eligible.pk), str(other.pk)], "start": "now", "end": "other", "code": code_of(admin)}
    sent["ends_at"] = (now + 20 * DAY).strftime("%Y-%m-%dT%H:%M")

    answer = client.post(change_url("update"), sent)

    eligible.refresh_from_db()
    other.refresh_from_db()
    assert answer.status_code == 409
    assert (eligible.is_permanent, other.is_permanent) == (False, True)
    assert [preview.line.item for preview in answer.context["previews"]] == [other]
    assert any("At most 15 days" in text for text in said(answer))


def test_previews_what_is_typed_without_doing_it(client, admin, eligible, now):
    sent = {"pick": str(eligible.pk), "start": "now", "end": "15", "preview": "1"}

    answer = client.post(change_url("update"), sent)

    eligible.refresh_from_db()
    assert not answer.context["form"].errors
    (preview,) = answer.context["previews"]
    assert eligible.is_permanent
    assert preview.ask.ends_at - now < 16 * DAY


def test_extends_as_long_again_unless_told_otherwise(client, admin, requester, now):
    row = assign(requester, now=now - 10 * DAY, ends_at=now + 2 * DAY)
    proposed = client.get(change_url("extend"), {"pick": str(row.pk)}).context["form"]
    sent = {"pick": str(row.pk), "end": "other", "ends_at": proposed["ends_at"].value()}

    client.post(change_url("extend"), sent | {"code": code_of(admin)})

    row.refresh_from_db()
    assert (row.ends_at - now).days in (13, 14)
    assert AccessRequest.objects.get(action="admin_extend").result == row


def test_renews_what_has_ended_as_another_kind(client, admin, requester, now):
    row = assign(requester, now=now - 10 * DAY, ends_at=now - DAY)
    sent = {"pick": str(row.pk), "kind": "active", "start": "now", "end": "15", "justification": "Back"}

    answer = client.post(change_url("renew"), sent | {"code": code_of(admin)})

    assert answer.status_code == 302
    assert Assignment.objects.active().filter(principal=requester, origin="assigned").count() == 1


@pytest.mark.parametrize(("change", "kind"), [("make-active", "active"), ("make-eligible", "eligible")])
def test_makes_eligible_active_and_back_in_one_step(client, admin, requester, now, change, kind):
    other = Assignment.Kind.ACTIVE if kind == "eligible" else Assignment.Kind.ELIGIBLE
    row = assign(requester, kind=other, now=now)
    sent = {
        "pick": str(row.pk),
        "start": "now",
        "end": "15",
        "justification": "Safer",
        "code": code_of(admin),
    }

    client.post(change_url(change), sent)

    (left,) = Assignment.objects.filter(principal=requester, ended_at__isnull=True)
    assert left.kind == kind


def test_says_that_another_admin_decides_on_what_one_gains(client, admin, now):
    make_active(make_user("Grit", now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)
    row = assign(admin, now=now - 10 * DAY, ends_at=now + DAY)
    sent = {"pick": str(row.pk), "start": "now", "end": "30", "justification": "Mine", "code": code_of(admin)}

    preview = client.post(change_url("update"), sent | {"preview": "1"})
    answer = client.post(change_url("update"), sent)

    row.refresh_from_db()
    assert "another administrator decides" in text_of(preview)
    assert [text.split(":")[0] for text in said(answer)] == ["Waits for another administrator"]
    assert row.ends_at == now + DAY


def test_says_beforehand_that_the_last_one_stays(client, admin):
    last = Assignment.objects.active().get(principal=admin, role_id=built_in.GLOBAL_ADMINISTRATOR)

    text = text_of(client.get(change_url("remove"), {"pick": str(last.pk)}))

    assert "This is the last Global Administrator" in text
    assert 'aria-disabled="true"' in text


@pytest.mark.parametrize("pick", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_finds_nothing_that_there_is_not(client, admin, pick):
    assert client.get(change_url("remove"), {"pick": pick}).status_code == 404
    assert client.get(change_url("melt"), {"pick": pick}).status_code == 404


def test_asks_for_a_pick_where_there_is_none(client, admin):
    answer = client.get(change_url("remove"), {"next": "/groups/assignments/"})

    assert (answer.status_code, answer["Location"]) == (302, "/groups/assignments/")


def test_takes_no_group_that_cannot_hold_a_directory_role(client, admin, now):
    answer = client.post(ADD, chosen(make_group("Plain", now=now)))

    assert answer.status_code == 400
    assert "principals" in answer.context["form"].errors


# ---- From where one stands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "is_assignable", "rules"),
    [
        (Provider.DIRECTORY, None, ()),
        (Provider.DIRECTORY, True, ()),
        (Provider.DIRECTORY, False, ("SubjectNotFound",)),
        (Provider.RESOURCES, False, ()),
        (Provider.GROUPS, None, ("PermissionRule",)),
    ],
)
def test_offers_the_ways_that_take_the_holder(provider, is_assignable, rules):
    held = (Provider.DIRECTORY, Provider.RESOURCES)
    access = Access(grants=frozenset(Grant(Permission.ASSIGNMENTS_MANAGE, each) for each in held))
    group = None if is_assignable is None else GroupFacts(is_assignable, is_managed=True)

    assert may_pick(access, provider, group).rules == rules


def test_leads_from_a_person_to_giving_them_something_and_back(client, admin, visitor):
    person = reverse("administration:person", args=[visitor.pk])
    way = f"{ADD}?{urlencode({'principals': visitor.pk, 'next': person})}"

    shown = text_of(client.get(person))
    first = client.get(way)
    given = client.post(ADD, chosen(visitor, next=person, **settled(admin)))

    assert way in unescape(shown)
    assert [str(visitor.pk)] == first.context["form"]["principals"].value()
    assert given["Location"] == person


def test_leads_from_what_a_group_holds_to_giving_it_more(client, admin, now):
    team = make_group("Team", now=now)

    text = unescape(text_of(client.get(reverse("administration:group", args=[team.pk]), {"show": "holds"})))

    assert f"/resources/assignments/add/?principals={team.pk}&next=" in text
    assert "Only a role-assignable group can hold a directory role." in text

"""Role settings as a file: what may stand in it, and that reading what was written changes nothing."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.administration.policy.settings_file import applied, write_settings
from apps.administration.policy.settings_names import Labels, Lookup, Names, named_block, paths_of_names
from apps.administration.policy.settings_reading import read_settings
from apps.common.access import Provider
from apps.common.strict_yaml import MOST_FAULTS
from apps.roles.policy.rules import (
    DAYS_OFFERED,
    Audience,
    Authentication,
    Cell,
    NoticeCase,
    RoleRules,
    Seat,
    SeatKind,
    default_rules,
)

HEAD = "version: 1\nsettings:\n"


def faults(text):
    return [(fault.line, fault.text) for fault in read_settings(text.encode()).faults]


# ---- Writing and reading again -----------------------------------------------------------------------------

names = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12),
    st.sampled_from(["No", "null", "8", "~", " x ", "a: b", "- x", "# x", "'", '"', "A / B", "é", "😀"]),
    st.uuids().map(str),
)
addresses = st.sampled_from(["ada@example.com", "it@example.org", "o'hara+pim@example.com"])
cells = st.builds(
    Cell,
    default_recipients=st.booleans(),
    additional_recipients=st.lists(addresses, max_size=2, unique=True).map(tuple),
    critical_only=st.booleans(),
)


@st.composite
def authentications(draw):
    authentication = draw(st.sampled_from(Authentication))
    context = draw(names) if authentication == Authentication.CONTEXT else ""
    return {"authentication": authentication, "authentication_context": context}


@st.composite
def organisations(draw):
    """People, groups, roles and a tree of resources, with any names, some of them twice."""
    groups = draw(st.dictionaries(st.uuids(), names, min_size=1, max_size=4))
    roles = draw(st.dictionaries(st.uuids(), names, min_size=1, max_size=4))
    top, below = draw(st.lists(names, min_size=1, max_size=2)), draw(st.lists(names, max_size=3))
    rows = [(root := uuid4(), name, f"{root}/") for name in top]
    rows += [(id_ := uuid4(), name, f"{rows[0][2]}{id_}/") for name in below]
    people = {uuid4(): address for address in draw(st.lists(addresses, min_size=1, unique=True))}
    return Names(
        roles={Provider.RESOURCES: Labels(roles)},
        resources={Provider.RESOURCES: Labels(paths_of_names(rows))},
        people=Labels(people),
        groups=Labels(groups),
        called=people,
    ), (list(roles), [row[0] for row in rows], people, groups)


@st.composite
def rules_of(draw, people, groups):
    named = [Seat(SeatKind.PRINCIPAL, id_, name) for id_, name in people.items()]
    named += [Seat(SeatKind.PRINCIPAL, id_, name, True) for id_, name in groups.items()]
    others = [Seat(kind, None, kind.label) for kind in (SeatKind.MANAGER, SeatKind.RESOURCE_OWNERS)]
    seats = draw(st.lists(st.sampled_from([*named, *others]), unique=True, max_size=4))
    flags = (
        "requires_justification requires_ticket requires_approval approver_justification permanent_eligible "
        "permanent_active active_requires_mfa active_requires_justification"
    )
    return RoleRules(
        maximum_half_hours=draw(st.integers(1, 48)),
        approval_window_minutes=draw(st.integers(5, 99_999)),
        eligible_maximum_days=draw(st.sampled_from(DAYS_OFFERED)),
        active_maximum_days=draw(st.sampled_from(DAYS_OFFERED)),
        approvers=tuple(seats),
        cells=draw(st.dictionaries(st.tuples(st.sampled_from(NoticeCase), st.sampled_from(Audience)), cells)),
        **{flag: draw(st.booleans()) for flag in flags.split()},
        **draw(authentications()),
    )


@st.composite
def settings_of_an_organisation(draw):
    names, (roles, resources, people, groups) = draw(organisations())
    places = st.tuples(st.sampled_from(roles), st.sampled_from([None, *resources]))
    return names, draw(st.dictionaries(places, rules_of(people, groups), min_size=1, max_size=4))


def same(one, other):
    """Whether rules are the same: a cell that is not set is one with its defaults, seats have no order."""
    every_cell = [(case, audience) for case in NoticeCase for audience in Audience]
    return (
        replace(one, cells={}, approvers=()) == replace(other, cells={}, approvers=())
        and {*one.approvers} == {*other.approvers}
        and all(one.cell(*key) == other.cell(*key) for key in every_cell)
    )


@settings(max_examples=40)
@given(settings_of_an_organisation())
def test_reads_what_it_wrote_as_the_same_settings(organisation):
    names, own = organisation
    blocks = [
        named_block(names, rules, provider=Provider.RESOURCES, role_id=role, resource_id=resource)
        for (role, resource), rules in own.items()
    ]
    file = read_settings(write_settings(blocks, head=["Of Contoso\nversion: 2"]).encode())
    lookup = Lookup(names)

    targets = lookup.targets(file.blocks)

    assert (file.faults, lookup.faults) == ((), [])
    assert [(target.role_id, target.resource_id) for target in targets] == list(own)
    for target, rules in zip(targets, own.values(), strict=True):
        assert same(applied(target.block, default_rules(Provider.GROUPS), target.approvers), rules)


def test_leaves_alone_what_a_block_leaves_out():
    told = (NoticeCase.ACTIVE, Audience.ADMIN)
    rules = RoleRules(requires_ticket=True, cells={told: Cell(critical_only=True)})
    text = (
        HEAD + "- provider: directory\n  role: Reader\n  activation: {approval: true}\n"
        "  notification: {active: {admin: {default_recipients: false}}}\n"
    )
    [block] = read_settings(text.encode()).blocks

    wanted = applied(block, rules, None)

    assert wanted == replace(
        rules,
        requires_approval=True,
        cells={told: Cell(default_recipients=False, critical_only=True)},
    )


def test_drops_the_context_with_what_needs_it():
    text = HEAD + "- {provider: directory, role: Reader, activation: {require: mfa}}\n"
    [block] = read_settings(text.encode()).blocks
    rules = RoleRules(authentication=Authentication.CONTEXT, authentication_context="c1")

    assert applied(block, rules, None).authentication_context == ""


def test_inherits_again_where_it_says_so():
    text = HEAD + "- {provider: directory, role: Reader, inherit: true}\n"
    [block] = read_settings(text.encode()).blocks

    assert applied(block, RoleRules(requires_ticket=True), None) is None
    assert applied(replace(block, inherits=False), RoleRules(), None) == RoleRules()


# ---- What is refused ---------------------------------------------------------------------------------------


def test_names_every_fault_with_its_line():
    text = """\
version: 2
settings:
- provider: azure
  role: Reader
  activation:
    maximum_hours: 25
    justfication: true
    ticket: 'true'
    require: password
    approval: [true]
    approvers:
    - ada@example.com
    - person:
- role: Reader
  assignment:
    eligible_maximum_days: 31
  notification:
    active:
      admin: {additional_recipients: [nobody, "a;b@example.com"], critical_only: 1}
      boss: {}
extra: 1
"""

    assert faults(text) == [
        (1, "This portal reads version 1."),
        (3, "“provider” is one of directory, groups, resources."),
        (6, "“maximum_hours” is 0.5 to 24 hours, not “25”."),
        (7, "There is no key “justfication” here. Meant is perhaps “justification”."),
        (8, "“ticket” is true or false, not “true”."),
        (9, "“require” is one of none, mfa, mfa_each_time, context, not “password”."),
        (10, "“approval” has one value."),
        (12, "An approver is one of: person: <e-mail>, group: <name>, manager, resource_owners."),
        (13, "An approver is named with a text."),
        (14, "“provider” is missing."),
        (16, "“eligible_maximum_days” is one of 15, 30, 90, 180, 365 days, not “31”."),
        (19, "“a;b@example.com” is no e-mail address."),
        (19, "“critical_only” is true or false, not “1”."),
        (19, "“nobody” is no e-mail address."),
        (20, "There is no key “boss” here. Known are: admin, holder, approver."),
        (21, "There is no key “extra” here. Known are: version, settings."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "nothing in the file"),
        ("[]", 1, "Here stand keys"),
        ("version: 1", 1, "“settings” is missing"),
        ("version: 1\nsettings: yes", 2, "is a list"),
        (HEAD + "- &a {provider: directory, role: Reader}\n- *a", 3, "Anchors"),
        (HEAD + "- {provider: directory, role: !!str Reader}", 3, "Tags"),
        (HEAD + "- provider: directory\n  role: Reader\n  role: Owner", 5, "stands on line 4 already"),
        (HEAD + "- {provider: directory, role: Reader,\n  inherit: maybe}", 4, "is true or false"),
        (HEAD + "- {provider: groups, role: Member,\n  inherit: true, assignment: {}}", 4, "no rules beside"),
        (HEAD + "- {provider: directory, role: " + "x" * 3000 + "}", 3, "longer than 2000"),
    ],
)
def test_refuses_with_the_line(text, line, words):
    found = faults(text)

    assert [(at, words in sentence) for at, sentence in found if words in sentence] == [(line, True)]


def test_names_no_more_faults_than_help():
    assert len(faults(HEAD + "- 1\n" * (2 * MOST_FAULTS))) == MOST_FAULTS


@given(st.text("abc:-&*[]{}\n \"'settingsversionroleprovider1", max_size=80))
def test_never_breaks(text):
    file = read_settings(text.encode())

    assert file.faults or file.blocks == ()


# ---- Names -------------------------------------------------------------------------------------------------

OWNER, READER, PROD, TEST, ADA, ONE, TWO = (UUID(int=number) for number in range(1, 8))
NAMES = Names(
    roles={Provider.RESOURCES: Labels({OWNER: "Owner", READER: "Reader"})},
    resources={Provider.RESOURCES: Labels({PROD: "Contoso / Production", TEST: "Contoso / Test"})},
    people=Labels({ADA: "ada@example.com"}),
    groups=Labels({ONE: "Admins", TWO: "admins"}),
    called={ADA: "Ada Admin"},
)


def look_up(text):
    lookup = Lookup(NAMES)
    targets = lookup.targets(read_settings((HEAD + text).encode()).blocks)
    return targets, [(fault.line, fault.text) for fault in lookup.faults]


def test_finds_what_is_named():
    text = (
        "- provider: resources\n  role: owner\n  resource: Contoso / Production\n"
        f"  activation: {{approvers: [person: ADA@example.com, group: {TWO}, manager]}}\n"
    )

    [target], faults = look_up(text)

    assert faults == []
    assert (target.role_id, target.resource_id) == (OWNER, PROD)
    assert [seat.principal_id for seat in target.approvers] == [ADA, TWO, None]
    assert [seat.name for seat in target.approvers] == ["Ada Admin", "admins", "The requester's manager"]


def test_says_what_it_does_not_find():
    text = (
        "- provider: resources\n  role: Boss\n"
        "- provider: resources\n  role: Owner\n  resource: Production\n"
        "- provider: resources\n  role: Reader\n  activation:\n    approvers:\n"
        "    - group: Admins\n    - person: bob@example.com\n    - manager\n    - manager\n"
        "- provider: resources\n  role: reader\n"
        f"- {{provider: resources, role: {ADA}}}\n"
    )

    targets, faults = look_up(text)

    assert [target.role_id for target in targets] == [READER]
    assert faults == [
        (4, "There is no role “Boss”."),
        (7, "There is no resource “Production”."),
        (12, "2 of this name: “Admins”. Write the id of the group instead."),
        (13, "There is no person “bob@example.com”."),
        (15, "This approver is listed twice."),
        (16, "This role at this place stands on line 8 already."),
        (18, f"There is no role “{ADA}”."),
    ]


def test_writes_the_id_of_what_shares_its_name():
    assert NAMES.groups.label(ONE) == str(ONE)
    assert NAMES.people.label(ADA) == "ada@example.com"


def test_names_no_resource_by_a_part_of_its_path():
    top, below = UUID(int=1), UUID(int=2)
    rows = [(top, "Contoso", f"{top}/"), (below, "db-1", f"{top}/{below}/")]

    assert paths_of_names(rows) == {top: "Contoso", below: "Contoso / db-1"}
    assert paths_of_names(rows[1:]) == {below: ""}
    assert Labels(paths_of_names(rows[1:])).label(below) == str(below)

"""The form that sets up an access review, and changes its series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from apps.access_requests.web import later_start
from apps.accounts.models import Principal
from apps.accounts.policy import zone_of
from apps.accounts.web import PrincipalsField, StepUpForm
from apps.common.access import Provider
from apps.reviews.forms.fields import BoxesField, DaysField, LineField, box, segmented
from apps.reviews.models import MOST_INACTIVE_DAYS, MOST_STAGES
from apps.reviews.policy.calendar import Calendar, Frequency, longest_days
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.selectors.offering import Offer, Offered
from apps.reviews.selectors.terms import PLAIN
from apps.reviews.states import Answer, Holders, NoAnswer, Who

MOST_SCOPES = 200
_MOST_DAYS = longest_days(Frequency.ONCE)
_MOST_OCCURRENCES = 500
_KINDS = [("both", "Eligible and active"), ("eligible", "Eligible"), ("active", "Active")]
_STAGES = [("1", "One stage"), ("2", "Two stages"), ("3", "Three stages")]
_ENDS = [("never", "Never"), ("on", "On a day"), ("after", "After so many rounds")]
_APPLIES = [("auto", "By itself"), ("by_hand", "When somebody applies it")]
_GO_ON = [
    (Answer.APPROVE, "Approved"),
    (Answer.DENY, "Denied"),
    (Answer.NOT_REVIEWED, "Not reviewed"),
    (Answer.DONT_KNOW, "Don’t know"),
]
_GONE = "What you picked cannot be reviewed by you any more. Pick again."
_OF_STAGE = ("who", "reviewers", "fallback", "days")


@dataclass(frozen=True)
class Box:
    """One role on one place, to tick."""

    value: str
    label: str
    is_ticked: bool
    is_privileged: bool = False


@dataclass(frozen=True)
class Pick:
    """One place to pick roles of; `below`, where it can have something below it."""

    offered: Offered
    boxes: list[Box]
    below: Box | None

    @property
    def is_picked(self) -> bool:
        return any(box.is_ticked for box in self.boxes)


@dataclass(frozen=True)
class StageFields:
    number: int
    who: forms.BoundField
    reviewers: forms.BoundField
    fallback: forms.BoundField
    days: forms.BoundField


class ReviewForm(StepUpForm):
    """Everything that its owner chooses, with defaults for all but a name, roles and reviewers. `terms` and
    `calendar` are what was typed. With a `calendar` to begin with it changes a series: its start can stay."""

    has_preview = True

    name = LineField(
        max_length=120, error_messages={"required": "Give a name."}, help_text="Reviewers see it."
    )
    description = LineField(
        max_length=500, required=False, help_text="What reviewers should know, or ask themselves."
    )
    scopes = BoxesField(label="Roles", missing="Choose at least one role.", gone=_GONE)
    below = BoxesField(label="Below", required=False, gone=_GONE)
    q = forms.CharField(label="Find groups and resources", required=False, max_length=100)
    kinds = segmented("Assignment type", _KINDS)
    holders = segmented("Whose access", Holders.choices)
    inactive_days = DaysField(
        label="Only who has not signed in for",
        most=MOST_INACTIVE_DAYS,
        help_text="Days. Empty: everybody. Of a group that is nobody in it.",
    )
    unused_days = DaysField(
        label="Only what is eligible and was not activated for",
        most=MOST_INACTIVE_DAYS,
        help_text="Days. Empty: everything.",
    )
    stages = segmented("Stages", _STAGES)
    proceeds = BoxesField(
        label="Who goes on to the next stage",
        choices=[(str(answer), label) for answer, label in _GO_ON],
        required=False,
        gone="Choose among those shown.",
    )
    reveals_earlier = box("Show later reviewers what was decided before")
    frequency = forms.ChoiceField(label="How often", choices=Frequency.choices)
    start = segmented("Starts", [("now", "Now"), ("later", "Later")])
    starts_at = forms.CharField(
        label="Start time",
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
    )
    end = segmented("Ends", _ENDS)
    ends_on = forms.DateField(
        label="Last day on which a round starts",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    occurrences = DaysField(label="Number of rounds", most=_MOST_OCCURRENCES)
    applies = segmented("Results are applied", _APPLIES, help_text="What is denied is taken away then.")
    no_answer = forms.ChoiceField(label="If nobody answers", choices=NoAnswer.choices)
    tells = PrincipalsField(
        label="Tell when it is completed", required=False, help_text="Besides you. People or groups."
    )
    reason_required = box("Require a reason to approve")
    recommends = box("Show recommendations", "From sign-ins and from what was activated.")
    look_back_days = DaysField(
        label="Sign-ins count for", most=MOST_INACTIVE_DAYS, required=True, help_text="Days."
    )
    sends_mails = box("Mail reviewers when it starts")
    sends_reminders = box("Remind those who are not done", "Halfway, and a day before it ends.")
    extra_text = LineField(
        label="Added to the mails",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        *args: Any,
        offer: Offer,
        calendar: Calendar | None = None,
        initial: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, factor_required=True, initial={**first_values(), **initial}, **kwargs)
        self.offer, self._calendar = offer, calendar
        self._offer_scopes()
        self._add_stages()
        if calendar:
            self.fields["start"].choices = [("now", "As it did"), ("later", "From another time on")]
        self.fields["starts_at"].help_text = f"In your time zone, {self._zone}."
        self.order_fields(_order())

    # ---- What was typed ------------------------------------------------------------------------------------

    @property
    def terms(self) -> Terms:
        """Raises `KeyError` for a form that is not valid."""
        given = self.cleaned_data
        plain = {name: given[name] for name in PLAIN if name in given}
        stages = tuple(self._stage(number) for number in range(1, int(given["stages"]) + 1))
        several = len(stages) > 1
        return Terms(
            **plain,
            scopes=self._scopes(),
            stages=stages,
            includes_eligible=given["kinds"] != "active",
            includes_active=given["kinds"] != "eligible",
            holders=Holders(given["holders"]),
            applies_automatically=given["applies"] == "auto",
            no_answer=NoAnswer(given["no_answer"]),
            proceeds=tuple(map(Answer, given["proceeds"])) if several else (),
            tells=_named(given["tells"]),
        )

    @property
    def calendar(self) -> Calendar:
        """A start that was typed is by the clock of whoever typed it; one that stays keeps its zone."""
        given, before = self.cleaned_data, self._calendar
        starts_at, zone = given["starts_at"], self._zone
        if starts_at is None and before:
            starts_at, zone = before.starts_at, before.zone
        is_series = given["frequency"] != Frequency.ONCE
        return Calendar(
            frequency=Frequency(given["frequency"]),
            starts_at=starts_at or self.request.now,
            zone=zone,
            ends_on=given["ends_on"] if is_series else None,
            occurrences=given["occurrences"] if is_series else None,
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._forget_unread()
        cleaned = self.cleaned_data
        cleaned["starts_at"] = self._start() if cleaned.get("start") == "later" else None
        for name, end, missing in (
            ("ends_on", "on", "Give the day."),
            ("occurrences", "after", "Give the number."),
        ):
            if cleaned.get("end") == end and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, missing)
        if len(cleaned.get("scopes", ())) > MOST_SCOPES:
            self.add_error("scopes", f"At most {MOST_SCOPES} roles and places in one review.")
        return cleaned

    # ---- What is shown -------------------------------------------------------------------------------------

    @property
    def picks(self) -> list[Pick]:
        ticked, below = set(self["scopes"].value() or ()), set(self["below"].value() or ())
        return [_pick(offered, ticked, below) for offered in self.offer.places]

    @property
    def stage_fields(self) -> list[StageFields]:
        return [
            StageFields(number, *(self[f"{name}_{number}"] for name in _OF_STAGE))
            for number in range(1, MOST_STAGES + 1)
        ]

    @property
    def is_narrowed(self) -> bool:
        """Whether the part with what narrows it stands open."""
        return self._says(("inactive_days", "unused_days"))

    @property
    def has_more_said(self) -> bool:
        """Whether something of the last part has a fault."""
        names = ("look_back_days", "extra_text", "tells", "sends_mails", "sends_reminders")
        return any(name in self.errors for name in names)

    def _says(self, names: Iterable[str]) -> bool:
        return any(name in self.errors or self[name].value() for name in names)

    # ---- How it is built -----------------------------------------------------------------------------------

    @property
    def _zone(self) -> tzinfo:
        return zone_of(self.request.user)

    def _offer_scopes(self) -> None:
        self._offered: dict[str, Scope] = {}
        for offered in self.offer.places:
            for role in offered.roles:
                key = scope_key(role.pk, offered.resource.pk)
                self._offered[key] = Scope(
                    role.pk, offered.resource.pk, False, role.name, offered.resource.name
                )
        places = {str(offered.resource.pk) for offered in self.offer.places}
        self.fields["scopes"].choices = [(key, str(scope)) for key, scope in self._offered.items()]
        self.fields["below"].choices = [(place, place) for place in places]

    def _add_stages(self) -> None:
        for number in range(1, MOST_STAGES + 1):
            self.fields[f"who_{number}"] = forms.ChoiceField(
                label="Reviewed by", choices=_who(number), widget=forms.RadioSelect
            )
            self.fields[f"reviewers_{number}"] = PrincipalsField(label="Reviewers", required=False)
            self.fields[f"fallback_{number}"] = PrincipalsField(
                label="Fallback reviewers",
                required=False,
                help_text="Where nobody else may: no manager or owner, or they would judge their own access.",
            )
            self.fields[f"days_{number}"] = DaysField(label="Days to review", most=_MOST_DAYS, required=True)

    def _forget_unread(self) -> None:
        """What stands in a part that is not used does not matter, and has no fault."""
        cleaned, unread = self.cleaned_data, []
        used = int(cleaned.get("stages", MOST_STAGES))
        unread += [f"{name}_{number}" for number in range(used + 1, MOST_STAGES + 1) for name in _OF_STAGE]
        is_series = cleaned.get("frequency") != Frequency.ONCE
        unread += [
            name
            for name, end in (("ends_on", "on"), ("occurrences", "after"))
            if not is_series or cleaned.get("end") != end
        ]
        for name in unread:
            self.errors.pop(name, None)
            cleaned[name] = None
        if not is_series:
            cleaned["end"] = "never"

    def _start(self) -> datetime | None:
        try:
            return later_start(self.cleaned_data.get("starts_at", ""), self._zone, self.request.now)
        except ValidationError as error:
            self.add_error("starts_at", error)
            return None

    def _scopes(self) -> tuple[Scope, ...]:
        below = set(self.cleaned_data["below"])
        picked = [self._offered[key] for key in dict.fromkeys(self.cleaned_data["scopes"])]
        return tuple(
            Scope(
                scope.role_id,
                scope.resource_id,
                str(scope.resource_id) in below,
                scope.role_name,
                scope.resource_name,
            )
            for scope in picked
        )

    def _stage(self, number: int) -> StageTerms:
        given = {name: self.cleaned_data[f"{name}_{number}"] for name in _OF_STAGE}
        who = Who(given["who"])
        reviewers = _named(given["reviewers"]) if who == Who.SELECTED else ()
        return StageTerms(given["days"], who, reviewers, _named(given["fallback"]))


# ---- Values as the form has them ---------------------------------------------------------------------------


def scope_key(role_id: UUID, resource_id: UUID) -> str:
    return f"{role_id}:{resource_id}"


def first_values() -> dict[str, Any]:
    """What a new one begins with: everything but a name, roles and reviewers."""
    return initial_of(Terms(name="", stages=(StageTerms(14, Who.SELECTED),)))


def initial_of(terms: Terms, calendar: Calendar | None = None) -> dict[str, Any]:
    """What the form is filled with."""
    kinds = {(True, True): "both", (True, False): "eligible", (False, True): "active"}
    values = {name: getattr(terms, name) for name in PLAIN} | {
        "scopes": [scope_key(scope.role_id, scope.resource_id) for scope in terms.scopes],
        "below": [str(scope.resource_id) for scope in terms.scopes if scope.includes_below],
        "kinds": kinds[terms.includes_eligible, terms.includes_active],
        "holders": terms.holders,
        "stages": str(len(terms.stages)),
        "proceeds": [str(answer) for answer in terms.proceeds or (Answer.APPROVE, Answer.DONT_KNOW)],
        "applies": "auto" if terms.applies_automatically else "by_hand",
        "no_answer": terms.no_answer,
        "tells": [each.id for each in terms.tells],
        "frequency": Frequency.QUARTERLY,
        "start": "now",
        "end": "never",
    }
    for number in range(1, MOST_STAGES + 1):
        stage = terms.stages[number - 1] if number <= len(terms.stages) else StageTerms(7, Who.SELECTED)
        values |= {
            f"who_{number}": stage.who,
            f"reviewers_{number}": [each.id for each in stage.reviewers],
            f"fallback_{number}": [each.id for each in stage.fallback],
            f"days_{number}": stage.days,
        }
    if calendar:
        ends = "on" if calendar.ends_on else "after" if calendar.occurrences else "never"
        values |= {
            "frequency": calendar.frequency,
            "end": ends,
            "ends_on": calendar.ends_on,
            "occurrences": calendar.occurrences,
        }
    return values


def _pick(offered: Offered, ticked: set[str], below: set[str]) -> Pick:
    resource = offered.resource
    boxes = [
        Box(key, role.name, key in ticked, role.is_privileged)
        for role in offered.roles
        for key in [scope_key(role.pk, resource.pk)]
    ]
    reaches = Box(str(resource.pk), "and everything below it", str(resource.pk) in below)
    return Pick(offered, boxes, reaches if resource.provider == Provider.RESOURCES else None)


def _who(number: int) -> list[tuple[str, str]]:
    """Holders speak first, if at all."""
    return [(who.value, who.label) for who in Who if number == 1 or who != Who.HOLDERS]


def _named(principals: Iterable[Principal]) -> tuple[Named, ...]:
    return tuple(Named(principal.pk, principal.name) for principal in principals or ())


def _order() -> list[str]:
    """As they stand on the page; errors are listed in this order."""
    stages = [f"{name}_{number}" for number in range(1, MOST_STAGES + 1) for name in _OF_STAGE]
    names = [*ReviewForm.base_fields]
    at = names.index("proceeds")
    return [*names[:at], *stages, *names[at:]]

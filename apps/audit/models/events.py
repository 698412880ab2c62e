"""What happened: rows written once. Names and ids are text, so an event outlives what it tells of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.audit.details import Detail, details_of
from apps.audit.vocabulary import AuditAction, Outcome, sentence
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word

NAME_LIMIT = 200
_NAMES = ("actor_name", "target_name", "role", "resource_name", "approver")


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def about(self, id_: uuid.UUID | str) -> AuditEventQuerySet:
        """What this person or thing did, and what was done to it or to its access."""
        return self.filter(Q(actor_id=str(id_)) | Q(target_id=str(id_)))

    def visible_to(self, access: Access) -> AuditEventQuerySet:
        """What lies on or below a resource where `access` may read the audit log; nothing without that."""
        scopes = access.scopes(Permission.AUDIT_READ)
        read = Q(provider__in=[provider for provider, path in scopes if not path])
        for provider, path in scopes:
            if path:
                read |= Q(provider=provider, resource_path__startswith=path)
        return self.filter(read)

    def between(self, since: datetime | None, until: datetime | None) -> AuditEventQuerySet:
        """From `since` up to, and not including, `until`; `None` leaves that side open."""
        lower = Q(at__gte=since) if since else Q()
        upper = Q(at__lt=until) if until else Q()
        return self.filter(lower & upper)

    def containing(self, words: Iterable[str]) -> AuditEventQuerySet:
        """Those with every word in a reason, a ticket or a name."""
        return self.filter(every_word(words, "justification", "ticket", *_NAMES))

    def naming(self, person: str) -> AuditEventQuerySet:
        """Those whose actor or target has this text in their name."""
        return self.filter(Q(actor_name__icontains=person) | Q(target_name__icontains=person))

    def waiting_for_a_seal(self) -> AuditEventQuerySet:
        """In the order in which they are sealed."""
        return self.filter(unsealed__isnull=False).order_by("unsealed__at", "unsealed__event_id")


class AuditEvent(models.Model):
    """One event. Written by `services.record` alone; the database refuses to change or delete it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=40)  # an AuditAction; no choices: words need no migration
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    actor_kind = models.CharField(max_length=16, blank=True)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=NAME_LIMIT, blank=True)
    # Whose access, or which person, group or thing, it is about.
    target_kind = models.CharField(max_length=16, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=NAME_LIMIT, blank=True)
    role = models.CharField(max_length=NAME_LIMIT, blank=True)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    resource_path = models.TextField()  # as it was then
    resource_name = models.CharField(max_length=NAME_LIMIT, blank=True)
    justification = models.TextField(blank=True)
    ticket = models.TextField(blank=True)
    approver = models.CharField(max_length=NAME_LIMIT, blank=True)  # who said yes to it before
    request_id = models.CharField(max_length=64, blank=True)  # the access request that it is part of
    address = models.CharField(max_length=45, blank=True)  # of the client, where somebody came by network
    trace_id = models.CharField(max_length=64, blank=True)  # the HTTP request; equal for all that it did
    details = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="audit_event_at"),
            models.Index(fields=["actor_id", "at"], name="audit_event_actor"),
            models.Index(fields=["target_id", "at"], name="audit_event_target"),
            models.Index(fields=["action", "at", "id"], name="audit_event_action"),
            models.Index(fields=["role", "at"], name="audit_event_role"),
            models.Index(
                fields=["at", "id"], condition=Q(outcome=Outcome.FAILURE.value), name="audit_event_failure"
            ),
            models.Index(
                fields=["request_id", "at"], condition=~Q(request_id=""), name="audit_event_request"
            ),
            # The operator class lets PostgreSQL answer a prefix test whatever its collation is.
            models.Index(fields=["resource_path"], opclasses=["text_pattern_ops"], name="audit_event_path"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.sentence}"

    def columns(self) -> Iterator[tuple[str, Any]]:
        """All that is kept of it, by the names of its columns."""
        return ((field.attname, getattr(self, field.attname)) for field in self._meta.concrete_fields)

    @property
    def label(self) -> str:
        return AuditAction(self.action).label

    @property
    def sentence(self) -> str:
        return sentence(self)

    @property
    def request_number(self) -> str:
        """What people call the access request that it is part of."""
        return self.details.get("number") or "The request that it is part of"

    @property
    def facts(self) -> list[Detail]:
        """Whom and what it is about."""
        named = [
            Detail("Actor", self.actor_name or "–"),
            Detail("Target", self.target_name),
            Detail("Role", self.role),
            Detail("Scope", self.resource_name or self.get_provider_display()),
            Detail("Approved by", self.approver),
        ]
        return [fact for fact in named if fact.text]

    @property
    def details_in_words(self) -> list[Detail]:
        return details_of(self.details)

    @property
    def is_failure(self) -> bool:
        return self.outcome == Outcome.FAILURE

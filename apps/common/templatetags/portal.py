"""How the portal writes things: times, lengths, people, states and buttons. Available in every template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from html import escape
from typing import Any, cast
from uuid import UUID

from django import template
from django.middleware.csrf import get_token
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone, get_current_timezone_name, localtime

from apps.common import instants, spans
from apps.common.decision import Decision
from apps.common.icons import SPRITE, icons
from apps.common.origin import origin_now

register = template.Library()

# ---- Icons -------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon of bootstrap-icons by name. It says nothing alone: a word stands beside it, or in a label."""
    return _icon(name, f"icon {css_class}".strip())


@cache
def _icon(name: str, css_class: str) -> SafeString:
    if name not in icons():
        raise ValueError(f"No icon is called {name!r}. What code and templates name, `manage.py draw` adds.")
    return format_html(
        '<svg class="{}" width="16" height="16" aria-hidden="true"><use href="{}#{}"/></svg>',
        css_class,
        static(SPRITE),
        name,
    )


# ---- Times and lengths -------------------------------------------------------------------------------------

_TIMES_KEPT = 10_000  # in words: lists show the same ones again and again


@register.simple_tag(takes_context=True)
def when(context: Context, instant: datetime | None) -> str:
    """ "24 Nov 2026, 14:00 CET" in the viewer's zone; today "14:00 CET"; nothing for no instant."""
    if instant is None:
        return ""
    zone, now = get_current_timezone(), _now(context)
    return _when(instant, zone, now and now.astimezone(zone).date())


@lru_cache(maxsize=_TIMES_KEPT)
def _when(instant: datetime, zone: tzinfo, today: date | None) -> SafeString:
    is_today = instant.astimezone(zone).date() == today
    return _time(instant, instants.clock_time(instant, zone) if is_today else instants.full(instant, zone))


@register.simple_tag(takes_context=True)
def when_exact(context: Context, instant: datetime | None) -> str:
    """Like `when`, with seconds: for timelines."""
    if instant is None:
        return ""
    zone, now = get_current_timezone(), _now(context)
    time = instants.exact_time(instant, zone)
    is_today = now is not None and instants.is_same_day(instant, now, zone)
    return _time(instant, time if is_today else f"{instants.day(instant, zone)}, {time}")


@register.simple_tag
def day(instant: datetime | None) -> str:
    """ "24 Nov 2026" in the viewer's zone, for columns whose foot names the zone."""
    return "" if instant is None else _time(instant, instants.day(instant, get_current_timezone()))


@register.simple_tag(takes_context=True)
def short(context: Context, instant: datetime | None) -> str:
    """ "14:00" today, else "24 Nov 2026" in the viewer's zone, for columns whose foot names the zone."""
    if instant is None:
        return ""
    zone, now = get_current_timezone(), _now(context)
    return _short(instant, zone, now and now.astimezone(zone).date())


@lru_cache(maxsize=_TIMES_KEPT)
def _short(instant: datetime, zone: tzinfo, today: date | None) -> SafeString:
    local = instant.astimezone(zone)
    is_today = local.date() == today
    return _time(instant, f"{local:%H:%M}" if is_today else instants.date_in_words(local.date()))


@register.simple_tag(takes_context=True)
def relative(context: Context, instant: datetime | None) -> str:
    """ "in 25 min", "3 days ago"; nothing where no clock was read for this page."""
    now = _now(context)
    return "" if instant is None or now is None else spans.relative(instant, now)


@register.filter
def duration(minutes: int | None) -> str:
    """ "30 min", "2 h", "5 h 10 min"; no length is "Permanent"."""
    return "Permanent" if minutes is None else spans.minutes_in_words(minutes)


@register.simple_tag(takes_context=True)
def zone(context: Context) -> str:
    """ "CET (Europe/Berlin)": the zone that the times of this page are in."""
    now, name = _now(context), get_current_timezone_name()
    short = name if now is None else instants.zone_name(localtime(now))
    return name if short == name else f"{short} ({name})"


def _time(instant: datetime, text: str) -> SafeString:
    machine = instant.isoformat(timespec="seconds")
    return mark_safe(f'<time class="num" datetime="{machine}">{escape(text)}</time>')  # noqa: S308


def _now(context: Context) -> datetime | None:
    return getattr(context.get("request"), "now", None)


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """The options of a select, which may be a thousand, also in groups of a label and the options below it;
    one of them is chosen, or none."""
    return mark_safe("\n".join(_options(choices, chosen)))  # noqa: S308 - each is escaped


def _options(choices: Iterable[tuple[Any, Any]], chosen: Any) -> Iterator[str]:
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield format_html('<optgroup label="{}">{}</optgroup>', key, options(label, chosen))
        else:
            is_chosen = " selected" if key == chosen else ""
            yield f'<option value="{escape(str(key))}"{is_chosen}>{escape(str(label))}</option>'


@register.simple_tag
def facts(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """The lines of a list of facts (`<dl>`): what each is called, and what it is."""
    return format_html_join("\n", "<dt>{}</dt><dd><bdi>{}</bdi></dd>", pairs)


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """What stands there for this key."""
    return values[key]


# ---- People ------------------------------------------------------------------------------------------------


@register.filter
def initials(name: str) -> str:
    """ "Jane van der Roe" → "JR"."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.simple_tag
def person(who: Any, detail: str | None = None, url: str = "", warning: str = "") -> SafeString:
    """Somebody with their avatar: anything with a `name`. `detail` is the second line, else the e-mail, with
    a `warning` at its end; `url` is where the name leads. Lists have many, so no template is rendered for
    each."""
    second = getattr(who, "email", "") if detail is None else detail
    name = f'<a href="{escape(url)}">{escape(who.name)}</a>' if url else escape(who.name)
    also = f' <span class="t-warn">· {escape(warning)}</span>' if warning else ""
    sub = f'<span class="sub">{escape(second)}{also}</span>' if second else ""
    picture = avatar(who.name, is_group=getattr(who, "is_group", False))
    return mark_safe(  # noqa: S308 - each part is escaped
        f'<span class="person">{picture}<span><span class="cell-main">{name}</span>{sub}</span></span>'
    )


@register.simple_tag
def holder(principal: Any, url: str = "", members: int | None = None) -> SafeString:
    """The person, with their account loaded, or the group that holds an assignment; of a group how many
    `members` it has, where that is known."""
    if principal.is_group:
        return person(principal, "Group" if members is None else f"Group of {members}", url)
    user = principal.user
    detail = f"{user.email} · Guest" if user.type == user.Type.GUEST else user.email
    return person(principal, detail, url, "" if user.is_enabled else "Disabled: gives nothing")


@register.simple_tag
def avatar(name: str, *, is_group: bool = False) -> SafeString:
    """The initials of a person, or the sign of a group. It says nothing alone."""
    if is_group:
        return _avatar_of_groups()
    return mark_safe(f'<span class="avatar" aria-hidden="true">{escape(initials(name))}</span>')  # noqa: S308


@cache
def _avatar_of_groups() -> SafeString:
    return format_html('<span class="avatar is-group" aria-hidden="true">{}</span>', icon("people-fill"))


# ---- States and actions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Badge:
    label: str
    icon: str
    kind: str = ""


_BADGES = {
    "pending_approval": _Badge("Waiting for approval", "hourglass-split", "is-warn"),
    "pending_admin_decision": _Badge("Waiting for an admin", "hourglass-split", "is-warn"),
    "granted": _Badge("Starts later", "calendar-event", "is-info"),
    "provisioned": _Badge("Granted", "check-circle-fill", "is-ok"),
    "ended": _Badge("Ended", "stop-circle"),
    "denied": _Badge("Denied", "x-circle-fill", "is-bad"),
    "canceled": _Badge("Cancelled", "slash-circle"),
    "timed_out": _Badge("Timed out", "clock-history"),
    "failed": _Badge("Failed", "exclamation-octagon-fill", "is-bad"),
    "revoked": _Badge("Removed", "stop-circle"),
    "checking": _Badge("Being checked", "hourglass-split", "is-info"),
    "planned": _Badge("Ready to apply", "clipboard-check", "is-warn"),
    "running": _Badge("Being applied", "hourglass-split", "is-info"),
    "done": _Badge("Done", "check-circle-fill", "is-ok"),
    "stopped": _Badge("Stopped", "stop-circle"),
    "unchecked": _Badge("Not checked yet", "hourglass-split"),
    "new": _Badge("New", "plus-circle-fill", "is-ok"),
    "changed": _Badge("Changed", "pencil-fill", "is-info"),
    "waits": _Badge("Waits", "person-exclamation", "is-warn"),
    "same": _Badge("Same", "dash-circle"),
    "wrong": _Badge("Wrong", "exclamation-octagon-fill", "is-bad"),
    "activated": _Badge("Activated", "check-circle-fill", "is-ok"),
    "assigned": _Badge("Assigned", "pin-angle-fill"),
    "eligible": _Badge("Eligible", "person-badge", "is-info"),
    "custom": _Badge("Custom", "pencil-square"),
    "privileged": _Badge("Privileged", "shield-fill-exclamation", "is-priv"),
    # Rounds of access reviews.
    "not_started": _Badge("Not started", "calendar-event"),
    "starting": _Badge("Starting", "hourglass-split", "is-info"),
    "in_progress": _Badge("In progress", "play-circle-fill", "is-info"),
    "completing": _Badge("Completing", "hourglass-split", "is-info"),
    "completed": _Badge("Completed", "check-circle", "is-ok"),
    "applying": _Badge("Applying", "hourglass-split", "is-info"),
    "applied": _Badge("Result applied", "check-circle-fill", "is-ok"),
    "held": _Badge("Held", "exclamation-triangle-fill", "is-warn"),
    "deleted": _Badge("Deleted", "trash"),
    # Alerts, by how bad they are.
    "high": _Badge("High", "exclamation-octagon-fill", "is-bad"),
    "medium": _Badge("Medium", "exclamation-triangle-fill", "is-warn"),
    "low": _Badge("Low", "info-circle-fill", "is-info"),
    "off": _Badge("Turned off", "pause-circle"),
    "not_looked": _Badge("Could not be looked at", "exclamation-octagon-fill", "is-bad"),
    # What webhooks are told.
    "queued": _Badge("Waiting", "hourglass-split", "is-warn"),
    "sending": _Badge("Being sent", "hourglass-split", "is-info"),
    "sent": _Badge("Delivered", "check-circle-fill", "is-ok"),
    "enabled": _Badge("Enabled", "check-circle-fill", "is-ok"),
    "paused": _Badge("Paused", "pause-circle"),
}


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """The badge of a request or of a round; of `activated`, `assigned`, `eligible`; of a role `privileged` or
    `custom`; how bad an alert is."""
    return _badge(str(state))


@cache
def _badge(state: str) -> SafeString:
    badge = _BADGES[state]
    css_class = f"badge {badge.kind}".strip()
    return format_html('<span class="{}">{}{}</span>', css_class, icon(badge.icon), badge.label)


@register.inclusion_tag("components/action_link.html")
def action_link(decision: Decision, label: str, url: str, **look: str) -> dict[str, Any]:
    """A link to the page where `label` is done, or the refused button with its reason beside it.

    `look`: `name` says what it acts on for those who do not see the row ("Teams Administrator"), `css_class`
    the button's classes, `icon` an icon's name.
    """
    return _action(decision, label, url, look)


@register.inclusion_tag("components/action_button.html", takes_context=True)
def action_button(context: Context, decision: Decision, label: str, url: str, **look: str) -> dict[str, Any]:
    """Like `action_link`, for what is done by pressing: a form of its own that posts to `url`."""
    return _action(decision, label, url, look) | {"csrf": get_token(context["request"])}


def _action(decision: Decision, label: str, url: str, look: dict[str, str]) -> dict[str, Any]:
    name = look.get("name", "")
    return {
        "decision": decision,
        "label": label,
        "url": url,
        "spoken": f"{label} {name}".strip(),
        "icon_name": look.get("icon", ""),
        "css_class": look.get("css_class", "btn btn-secondary btn-sm"),
    }


# ---- Long lists --------------------------------------------------------------------------------------------


@register.simple_tag
def address(page: str, *arguments: object) -> str:
    """What `{% url page argument id %}` says, where the last argument is an id. Lists have many of those, so
    it is looked up once."""
    *others, id_ = arguments
    return _address(page, *others).replace(_ANY, str(id_))


_ANY = str(UUID(int=0))


@cache
def _address(page: str, *others: object) -> str:
    return reverse(page, args=[*others, _ANY])


@register.tag
def alike(parser: Parser, token: Token) -> Node:
    """`{% alike key id %} … {% endalike %}` in a loop: what stands between is the same in all rows with the
    same key, but for the id of the row, so it is rendered once for them. Without an id nothing differs."""
    _, key, *id_ = token.split_contents()
    nodes = parser.parse(["endalike"])
    parser.delete_first_token()
    return _Alike(nodes, *map(parser.compile_filter, [key, *id_]))


class _Alike(Node):
    """What has been rendered belongs to one page: it is kept where Django keeps what its own tags note."""

    def __init__(
        self, nodelist: NodeList, key: FilterExpression, id_: FilterExpression | None = None
    ) -> None:
        self.nodelist, self._key, self._id = nodelist, key, id_

    def render(self, context: Context) -> str:
        written: dict[Any, tuple[str, str]] = cast(Any, context.render_context).setdefault(self, {})
        key, id_ = self._key.resolve(context), str(self._id.resolve(context)) if self._id else ""
        if key not in written:
            written[key] = self.nodelist.render(context), id_
        text, first = written[key]
        return text.replace(first, id_) if id_ else text


# ---- Tracing -----------------------------------------------------------------------------------------------


@register.simple_tag
def trace_id() -> str:
    """What the log calls the HTTP request that this page answers."""
    return origin_now().trace_id

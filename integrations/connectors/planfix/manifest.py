"""What Planfix is, and what has to be entered to connect it."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, CallerLookup, CallFollowUps, CallNotifications, Records
from integrations.fields import Field, FieldType, account_address
from integrations.manifest import Category, Manifest, RateLimit

TELEPHONY, REST = "telephony", "rest"
TELEPHONY_PATH = "/tel/api"
_PATH = re.compile(r"/[\w./-]{0,200}")
_NUMBERS = re.compile(r"[1-9]\d{0,17}(\s*,\s*[1-9]\d{0,17})*")


def number(text: str) -> str:
    """Ids of Planfix are digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValidationError(_("This is a number, as it stands in the address of its page."))
    return text


def numbers(text: str) -> str:
    """Ids with commas between them."""
    if not text.isascii() or not _NUMBERS.fullmatch(text):
        raise ValidationError(_("These are numbers with commas between them."))
    return text.replace(" ", "")


def path(text: str) -> str:
    """What follows the account's address; a whole address is cut down to it."""
    found = re.sub(r"^https?://[^/]+", "", text)
    if not _PATH.fullmatch(found) or ".." in found:
        raise ValidationError(_("This is a path such as /tel/api."))
    return found


def zone(name: str) -> str:
    """A time zone's name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(_("There is no such time zone.")) from error
    return name


_RECORDS = (
    Field(
        "contact_template",
        _("Template of new contacts"),
        required=False,
        help=_("The number of the template in Planfix; needed to create contacts there."),
        validator=number,
    ),
    Field(
        "company_template",
        _("Template of new companies"),
        required=False,
        help=_("The same for companies."),
        validator=number,
    ),
    Field(
        "key_field",
        _("Field of contacts for our key"),
        required=False,
        help=_(
            "The number of an own text field of contacts and companies. What is made from here has our key in it, so that after "
            "a lost answer it is found there and not made twice; each costs one request more. Empty: a person decides then."
        ),
        validator=number,
    ),
    Field(
        "deal_template",
        _("Template of tasks that are deals"),
        required=False,
        help=_("Planfix keeps deals as tasks: those of this template are deals here. Empty: there are none."),
        validator=number,
    ),
    Field(
        "amount_field",
        _("Field with the deal's amount"),
        required=False,
        help=_("The number of the field of the task."),
        validator=number,
    ),
    Field("currency", _("Currency of the amounts"), required=False, default="RUB", placeholder="BYN"),
    Field(
        "won_statuses",
        _("Statuses of won deals"),
        required=False,
        help=_("Numbers with commas between them."),
        validator=numbers,
    ),
    Field("lost_statuses", _("Statuses of lost deals"), required=False, validator=numbers),
    Field(
        "call_task_template",
        _("Template of tasks to call back"),
        required=False,
        help=_("The number of the template from which call rules make tasks. Empty: they make none."),
        validator=number,
    ),
    Field(
        "call_task_done",
        _("Status of a task that is done"),
        required=False,
        default="3",
        help=_("Its number in the process of that template; 3 is “Completed” everywhere."),
        validator=number,
    ),
    Field(
        "zone",
        _("Time zone of the token's employee"),
        required=False,
        help=_("Planfix takes dates in it. Empty: the company's time zone."),
        placeholder="Europe/Moscow",
        validator=zone,
    ),
    Field(
        "daily_requests",
        _("Requests a day"),
        FieldType.NUMBER,
        required=False,
        default=20_000,
        help=_("As the plan allows: 20,000, 50,000 or 100,000. Calls are not counted."),
    ),
)

manifest = Manifest(
    code="planfix",
    name="Planfix",
    category=Category.CRM,
    summary=_(
        "The contact's card while the phone rings, every call as an entry, calls by a click in Planfix, and contacts,"
        " companies and deals in both directions."
    ),
    docs_url="https://planfix.com/help/VoIP_API",
    capabilities=(Account, CallNotifications, CallFollowUps, CallerLookup, Records),
    base_url_setting="url",
    settings=(
        Field(
            "url",
            _("Account address"),
            FieldType.URL,
            help=_("As your browser shows it, for example https://example.planfix.ru"),
            placeholder="https://example.planfix.ru",
            validator=account_address,
        ),
        Field(
            "telephony_path",
            _("Path of the API for telephony"),
            required=False,
            default=TELEPHONY_PATH,
            help=_("Planfix shows the whole address with its token; entered by itself when it is switched on there."),
            validator=path,
        ),
        Field(
            "copies_recordings",
            _("Keep recordings in Planfix"),
            FieldType.BOOL,
            required=False,
            default=False,
            help=_("Planfix copies each recording once. Otherwise it keeps the link."),
        ),
        *_RECORDS,
    ),
    credentials=(
        Field(
            "planfix_token",
            _("Planfix token"),
            FieldType.SECRET,
            required=False,
            help=_(
                "Account → Integrations → Virtual PBX → Planfix API for telephony. It comes by itself when it is switched"
                " on there with our address and secret."
            ),
        ),
        Field(
            "rest_token",
            _("REST API token"),
            FieldType.SECRET,
            required=False,
            help=_(
                "Needed for employees, contacts, companies and deals: Account → API → REST. Calls are shown by extension"
                " without it."
            ),
        ),
    ),
    # REST allows one request a second and a number a day; the API for telephony names no limit.
    rate_limits=(
        RateLimit(TELEPHONY, per_second=16, burst=4),
        RateLimit(REST, per_second=0.9, burst=0, per_day_setting="daily_requests"),
    ),
)  # fmt: skip

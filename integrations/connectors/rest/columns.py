"""The form of one kind of objects: where they are, how pages follow one another, how they are changed."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.connectors.rest.plan import ID, KEY, KINDS, MOST_PER_PAGE, Paging
from integrations.fields import Field, FieldType
from integrations.mapping.transforms.dates import CHOICES

_COMMENT = re.compile(r"#[^\n\r]*")
# An operation begins the document, or follows another one or a fragment.
_MUTATION = re.compile(r"(?:^|\})[\s,]*mutation\b")


def path(value: str) -> str:
    """Always below the address of the API: an address of its own would take the key elsewhere."""
    if "://" in value or value.startswith("//") or "\\" in value or "#" in value:
        raise ValidationError(_("Enter the path only: it is added to the address of the API."))
    if any(step in ("..", ".") for step in value.partition("?")[0].split("/")):
        raise ValidationError(_("A path must not lead upwards."))
    return "/" + value.lstrip("/")


def path_with_id(value: str) -> str:
    if ID not in value.partition("?")[0]:
        raise ValidationError(_("The path must contain {id} where the object's id stands."))
    return path(value)


def path_with_key(value: str) -> str:
    if KEY not in value:
        raise ValidationError(_("The path must contain {key} where our key stands."))
    return path(value)


def reading(text: str) -> str:
    """What only reads is sent again after a failure, and in a dry run."""
    if _MUTATION.search(_COMMENT.sub("", text)):
        raise ValidationError(
            _("This must be a query: a mutation would be sent each time something is read.")
        )
    return text


def changing(text: str) -> str:
    if not _MUTATION.search(_COMMENT.sub("", text)):
        raise ValidationError(_("This must be a mutation."))
    return text


def per_page(value: Any) -> int:
    if not isinstance(value, int) or not 1 <= value <= MOST_PER_PAGE:
        text = _("This must be a whole number from 1 to %(most)d.") % {"most": MOST_PER_PAGE}
        raise ValidationError(text)
    return value


def start(value: Any) -> int:
    if value not in (0, 1):
        raise ValidationError(_("Pages are counted from 0 or from 1."))
    return int(value)


def since_form(value: str) -> str:
    if "{since}" not in value:
        raise ValidationError(_("The value must contain {since} where the time stands."))
    return value


def _choice(name: str, label: Any, choices: Any, **more: Any) -> Field:
    return Field(name, label, FieldType.CHOICE, choices=choices, **more)


COLUMNS: tuple[Field, ...] = (
    _choice("kind", _("kind"), tuple((kind.value, kind.label) for kind in KINDS)),
    Field("list_path", _("path of the list"), placeholder="/contacts?status=active", validator=path),
    _choice("list_method", _("method of the list"), (("GET", "GET"), ("POST", "POST")), default="GET"),
    Field("items", _("where the objects are in the answer"), required=False, placeholder="data.items",
          help=_("Empty: the answer itself is the list.")),
    Field("id_field", _("field with the id"), default="id"),
    _choice("paging", _("paging"), tuple((one.value, one.label) for one in Paging), default=Paging.NONE.value),
    Field("page_parameter", _("parameter of the page, offset or cursor"), required=False, placeholder="page"),
    Field("first_page", _("number of the first page"), FieldType.NUMBER, default=1, validator=start),
    Field("size_parameter", _("parameter of the page size"), required=False, placeholder="limit"),
    Field("page_size", _("objects per page"), FieldType.NUMBER, default=100, validator=per_page),
    Field("next_field", _("where the next cursor or address is in the answer"), required=False,
          placeholder="meta.next"),
    Field("more_field", _("where the answer says whether there is more"), required=False,
          placeholder="data.contacts.pageInfo.hasNextPage"),
    Field("delta_field", _("where the address of later changes is in the answer (OData)"), required=False,
          placeholder="@odata.deltaLink"),
    Field("query", _("GraphQL query of the list"), required=False, has_lines=True,
          placeholder="query($first: Int, $after: String) { contacts(first: $first, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }",
          validator=reading,
          help=_("Sent by POST to the path of the list. Its variables are the parameters named here.")),
    Field("object_query", _("GraphQL query of one object"), required=False, has_lines=True,
          placeholder="query($id: ID!) { contact(id: $id) { id } }", validator=reading, help=_("Its variable is $id.")),
    Field("total_field", _("where the total is in the answer"), required=False, placeholder="meta.total"),
    Field("updated_field", _("field with the time of the last change"), required=False, placeholder="updated_at"),
    _choice("time_format", _("how that system writes times"), CHOICES, default="iso"),
    Field("since_parameter", _("parameter for changes since a time"), required=False, placeholder="updated_since",
          help=_("Empty: every run reads everything.")),
    Field("since_value", _("its value"), default="{since}", validator=since_form,
          help=_("{since} stands for the time, for example ModifiedDate ge {since}")),
    Field("object_path", _("path of one object"), required=False, placeholder="/contacts/{id}", validator=path_with_id),
    Field("object_in", _("where the object is in an answer about one"), required=False, placeholder="data"),
    Field("create_path", _("path to create"), required=False, placeholder="/contacts", validator=path),
    Field("find_path", _("path to find what was created"), required=False,
          placeholder="/contacts?external_id={key}", validator=path_with_key,
          help=_("Its objects are where those of the list are. Then nothing is created twice when an answer is lost.")),
    Field("key_field", _("field with our key"), required=False, placeholder="external_id",
          help=_("Sent with what is created, and compared with what is found.")),
    Field("update_path", _("path to change"), required=False, placeholder="/contacts/{id}", validator=path_with_id),
    _choice("update_method", _("method to change"), (("PATCH", "PATCH"), ("PUT", "PUT"), ("POST", "POST")),
            default="PATCH"),
    Field("body_in", _("what the object is wrapped in when it is sent"), required=False, placeholder="contact",
          help=_("With a mutation: the variable that has the fields, such as input.")),
    Field("create_query", _("GraphQL mutation to create"), required=False, has_lines=True, validator=changing,
          placeholder="mutation($input: ContactInput!) { createContact(input: $input) { contact { id updated_at } userErrors { field message } } }",
          help=_("Sent by POST to the path of the list, with what is mapped as variables.")),
    Field("create_in", _("where the object is in its answer"), required=False, placeholder="data.createContact.contact"),
    Field("update_query", _("GraphQL mutation to change"), required=False, has_lines=True, validator=changing,
          placeholder="mutation($id: ID!, $input: ContactInput!) { updateContact(id: $id, input: $input) { contact { id updated_at } userErrors { field message } } }"),
    Field("update_in", _("where the changed object is in its answer"), required=False,
          placeholder="data.updateContact.contact"),
    Field("id_variable", _("variable with the id of what is changed"), default="id", placeholder="input.id",
          help=_("Sent as text. A point leads into an object: input.id")),
    Field("refusals", _("where a mutation lists what it refuses"), required=False, default="userErrors",
          help=_("A field of its result, beside the object.")),
    Field("find_query", _("GraphQL query to find what was created"), required=False, has_lines=True, validator=reading,
          placeholder="query($key: String!) { contacts(first: 2, externalId: $key) { nodes { id external_id } } }",
          help=_("Its variable is $key. Its objects are where those of the list are.")),
    Field("is_deletable", _("may be deleted there (DELETE at the path of one object)"), FieldType.BOOL,
          required=False, default=False),
)  # fmt: skip

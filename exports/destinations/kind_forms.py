"""What each kind of destination asks for."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.utils.translation import gettext_lazy as _

from config.egress.ssh import BadKey, host_keys, private_key
from exports.destinations.failures import NotSent
from exports.destinations.forms import (
    LOGINS,
    AddressField,
    KindForm,
    LinesField,
    SecretField,
    existing_field,
)

MOST_ADDRESSES: Final = 20
SFTP_LOGINS: Final = (("password", _("password")), ("key", _("private key")))
METHODS: Final = (("PUT", "PUT"), ("POST", "POST"))
# What headers of requests carry.
PLAIN: Final = RegexValidator(r"^[\x21-\x7e]*\Z", _("Latin letters, digits and signs only, without spaces."))
NAME_IN_BUCKET: Final = RegexValidator(r"^[A-Za-z0-9._-]{1,255}\Z", _("Letters, digits and . _ - only."))


class EmailForm(KindForm):
    addresses = LinesField(
        label=_("E-mail"), widget=forms.Textarea, help_text=_("Addresses, one a line, at most 20.")
    )
    subject = forms.CharField(
        label=_("Subject"), max_length=150, required=False, help_text=_("Empty: the name of the data.")
    )
    largest_mb = forms.IntegerField(
        label=_("Largest attachment, MB"),
        min_value=1,
        max_value=25,
        initial=10,
        help_text=_("For a larger file the mail has a link that works until the file is removed here."),
    )

    def clean_addresses(self) -> list[str]:
        found: list[str] = self.cleaned_data["addresses"]
        if len(found) > MOST_ADDRESSES:
            raise ValidationError(_("At most %(most)d."), params={"most": MOST_ADDRESSES})
        for address in found:
            try:
                validate_email(address)
            except ValidationError as error:
                raise ValidationError(
                    _("“%(address)s” is no e-mail address."), params={"address": address[:100]}
                ) from error
        return found


class SftpForm(KindForm):
    home = ("host", "port")

    host = forms.CharField(label=_("Host"), max_length=255)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=22)
    host_key = forms.CharField(
        label=_("Host key"),
        max_length=4000,
        widget=forms.Textarea,
        help_text=_("As ssh-keyscan shows it: ssh-ed25519 AAAA…"),
    )
    username = forms.CharField(label=_("User name"), max_length=200)
    login = forms.ChoiceField(label=_("Log-in"), choices=SFTP_LOGINS, initial="password")
    password = SecretField(label=_("Password"))
    private_key = SecretField(label=_("Private key"), widget=forms.Textarea)
    passphrase = SecretField(label=_("Passphrase of the key"))
    folder = forms.CharField(
        label=_("Folder"),
        max_length=500,
        required=False,
        help_text=_("It has to be there. Empty: where one is after signing in."),
    )
    existing = existing_field()

    def clean_host_key(self) -> str:
        text: str = self.cleaned_data["host_key"]
        try:
            host_keys(text)
        except BadKey as error:
            raise ValidationError(str(NotSent("host_key_unreadable"))) from error
        return text

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if found.get("login") == "key":
            self.need("private_key")
            self.drop("password")
            self._check_key(found.get("private_key", ""), found.get("passphrase", ""))
        elif found.get("login"):
            self.need("password")
            self.drop("private_key", "passphrase")
        return found

    def _check_key(self, text: str, passphrase: str) -> None:
        if not text:
            return
        try:
            private_key(text, passphrase)
        except BadKey:
            self.add_error("private_key", str(NotSent("private_key")))


class S3Form(KindForm):
    home = ("endpoint",)

    endpoint = AddressField(
        label=_("Address of the storage"),
        help_text=_("Such as https://s3.eu-central-1.amazonaws.com or https://storage.yandexcloud.net."),
    )
    bucket = forms.CharField(label=_("Bucket"), validators=[NAME_IN_BUCKET])
    region = forms.CharField(
        label=_("Region"), max_length=60, required=False, initial="us-east-1", validators=[PLAIN]
    )
    # The form itself has an attribute of that name, which stays as it is: declared fields are taken out of the class.
    prefix = forms.CharField(  # type: ignore[assignment]
        label=_("Prefix"), max_length=500, required=False, help_text=_("A folder in the bucket.")
    )
    path_style = forms.BooleanField(
        label=_("The bucket is a part of the path"),
        required=False,
        initial=True,
        help_text=_("As every storage understands it. Off: it is a part of the host name."),
    )
    key_id = forms.CharField(label=_("Key id"), max_length=200, validators=[PLAIN])
    secret_key = SecretField(label=_("Secret key"))
    existing = existing_field()

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        self.need("secret_key")
        return found


class WebDavForm(KindForm):
    home = ("url",)

    url = AddressField(
        label=_("Address of the folder"),
        help_text=_("Nextcloud: https://cloud.example.com/remote.php/dav/files/NAME/Exports/"),
    )
    login = forms.ChoiceField(label=_("Log-in"), choices=LOGINS, initial="basic")
    username = forms.CharField(label=_("User name"), max_length=200, required=False)
    password = SecretField(label=_("Password"), help_text=_("Nextcloud: make an app password for it."))
    token = SecretField(label=_("Token"), validators=[PLAIN])
    existing = existing_field()

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        self.check_login()
        return found


class HttpForm(KindForm):
    home = ("url",)

    url = AddressField(
        label=_("Address"),
        help_text=_(
            "{name} in it becomes the file's name. Secrets belong into the token, not into the address."
        ),
    )
    method = forms.ChoiceField(label=_("Method"), choices=METHODS, initial="PUT")
    login = forms.ChoiceField(label=_("Log-in"), choices=LOGINS, initial="none")
    username = forms.CharField(label=_("User name"), max_length=200, required=False)
    password = SecretField(label=_("Password"))
    token = SecretField(label=_("Token"), validators=[PLAIN])

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        self.check_login()
        return found

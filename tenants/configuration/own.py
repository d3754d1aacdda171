"""This room's sections: extensions, members, API keys."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tenants import audit
from tenants.configuration.reading import Block, ConfigurationError, Place
from tenants.configuration.sections import Plan, Section, each, in_words, register_section, text
from tenants.keys import forget_keys
from tenants.models import ApiKey, Extension, Member, Role, Tenant, User
from tenants.models.api_key import digest
from tenants.names import name_key
from tenants.scopes import clean_scopes

KEY_LENGTH = 16
PERSON = {"name": "first_name", "email": "email"}


class Extensions(Section):
    key = "extensions"
    place = 10

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, {"number", "name"}, {"number"}, place, identity="number"):
            number = text(block, "number")
            row = Extension.objects.filter(number=number).first() or Extension(tenant=tenant, number=number)
            plan.save(row, f"extension {number}", {"name": text(block, "name", row.name)}, block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {"number": row.number, **({"name": row.name} if row.name else {})}
            for row in Extension.objects.all()
        ]


class Members(Section):
    key = "members"
    place = 20
    keys = frozenset({"username", "role", "password", "extension", "email", "name"})

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, self.keys, {"username"}, place, identity="username"):
            self._apply(tenant, block, plan)

    def _apply(self, tenant: Tenant, block: Block, plan: Plan) -> None:
        username = text(block, "username")
        user = User.objects.filter(username_key=name_key(username)).first()
        member = Member.objects.filter(user=user).first() if user else None
        user = self._user(user, username, block, plan, is_ours=user is None or member is not None)
        member = member or Member(tenant=tenant, user=user)
        role = text(block, "role", member.role)
        if role not in Role.values:
            raise ConfigurationError(
                block.at("role"), f"unknown role “{role}”; known are {', '.join(Role.values)}"
            )
        values: dict[str, Any] = {"role": role}
        if "extension" in block:
            values["extension"] = self._extension(block)
        plan.save(member, f"member {username}", values, block.place)

    @staticmethod
    def _user(user: User | None, username: str, block: Block, plan: Plan, *, is_ours: bool) -> User:
        """The person as the file describes them; only what the file says is touched."""
        is_new = user is None
        user = user or User(username=username)
        wanted = {attribute: text(block, key) for key, attribute in PERSON.items() if key in block}
        changed = {name: value for name, value in wanted.items() if getattr(user, name) != value}
        for name, value in changed.items():
            setattr(user, name, value)
        password = text(block, "password") if "password" in block else None
        if password is not None and (is_new or not user.check_password(password)):
            _warn_of_weak_password(password, user, block, plan)
            user.set_password(password)
            changed["password"] = audit.MASK
        elif is_new:
            user.set_unusable_password()
        if changed and not is_ours:
            # A file of one company must not take over a person of another by setting their password or address.
            raise ConfigurationError(
                block.place,
                f"“{username}” exists already; leave out {', '.join(sorted(changed))} to add them here, too",
            )
        if is_new or changed:
            _save_user(user, block)
            audit.record(
                f"user.{'created' if is_new else 'updated'}", user, after={"username": username, **changed}
            )
            plan.note("create" if is_new else "update", f"user {username}", **changed)
        return user

    @staticmethod
    def _extension(block: Block) -> Extension:
        number = text(block, "extension")
        found = Extension.objects.filter(number=number).first()
        if found is None:
            raise ConfigurationError(block.at("extension"), f"there is no extension {number}")
        return found

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        rows = Member.objects.select_related("user", "extension").order_by("user__username")
        return [
            {
                "username": row.user.username,
                "role": row.role,
                **({"name": row.user.first_name} if row.user.first_name else {}),
                **({"email": row.user.email} if row.user.email else {}),
                **({"extension": row.extension.number} if row.extension else {}),
            }
            for row in rows
        ]


def _save_user(user: User, block: Block) -> None:
    try:
        user.full_clean()
    except ValidationError as error:
        raise ConfigurationError(block.place, in_words(error)) from error
    user.save()


def _warn_of_weak_password(password: str, user: User, block: Block, plan: Plan) -> None:
    """The operator's own file may set any password, but not without being told."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        plan.warn(block.at("password"), " ".join(error.messages))


class ApiKeys(Section):
    """Keys are stored hashed, so a dump never holds them."""

    key = "api_keys"
    place = 30

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, {"name", "key", "scopes"}, {"name"}, place, identity="name"):
            self._apply(tenant, block, plan)
        forget_keys()

    @staticmethod
    def _apply(tenant: Tenant, block: Block, plan: Plan) -> None:
        name = text(block, "name")
        row = ApiKey.objects.filter(name=name).first() or ApiKey(tenant=tenant, name=name)
        values: dict[str, Any] = {}
        if "scopes" in block or row._state.adding:
            scopes = block.get("scopes") or ["*"]
            if not isinstance(scopes, list):
                raise ConfigurationError(block.at("scopes"), "a list was expected")
            try:
                values["scopes"] = clean_scopes(scopes)
            except ValidationError as error:
                raise ConfigurationError(block.at("scopes"), " ".join(error.messages)) from error
        if "key" in block:
            plain = text(block, "key")
            if len(plain) < KEY_LENGTH:
                plan.warn(block.at("key"), f"a key of fewer than {KEY_LENGTH} characters can be guessed")
            values |= {"digest": digest(plain), "prefix": plain[:4]}
        elif row._state.adding:
            raise ConfigurationError(block.place, "the key “key” is missing")
        plan.save(row, f"API key {name}", values, block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return []


for _section in (Extensions(), Members(), ApiKeys()):
    register_section(_section)

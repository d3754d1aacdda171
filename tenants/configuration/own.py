"""This room's sections of people: extensions and members."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants import audit
from tenants.actions.save_mobiles import Taken, checked_mobiles, mobiles_of, save_mobiles_of
from tenants.configuration.reading import Block, ConfigurationError, Fraction, Items, Number, Place
from tenants.configuration.sections import Plan, Section, each, flag, in_words, register_section, text
from tenants.members import lock_company
from tenants.models import Extension, Member, Role, Tenant, User
from tenants.names import name_key

PERSON = {"name": "first_name", "email": "email"}


class Extensions(Section):
    key = "extensions"
    place = 10

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        wanted: dict[Extension, Block] = {}
        for block in each(value, {"number", "name", "mobiles"}, {"number"}, place, identity="number"):
            number = text(block, "number")
            row = Extension.objects.filter(number=number).first() or Extension(tenant=tenant, number=number)
            plan.save(row, f"extension {number}", {"name": text(block, "name", row.name)}, block.place)
            if "mobiles" in block:
                wanted[row] = block
        self._save_mobiles(tenant, wanted, plan)

    @staticmethod
    def _save_mobiles(tenant: Tenant, wanted: dict[Extension, Block], plan: Plan) -> None:
        """All at once: the file may move a number from one of them to another, whichever it names first."""
        numbers = {row: _mobiles(block, tenant.phone_region) for row, block in wanted.items()}
        try:
            changed = save_mobiles_of(numbers)
        except Taken as error:
            raise ConfigurationError(wanted[error.extension].at("mobiles"), in_words(error)) from error
        for row in changed:
            plan.note("update", f"extension {row.number}", mobiles=mobiles_of(row))

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {
                "number": row.number,
                **({"name": row.name} if row.name else {}),
                **({"mobiles": mobiles} if (mobiles := mobiles_of(row)) else {}),
            }
            for row in Extension.objects.prefetch_related("mobiles")
        ]


def _mobiles(block: Block, region: str) -> list[str]:
    given = block["mobiles"]
    if not isinstance(given, Items):
        raise ConfigurationError(block.at("mobiles"), "“mobiles” must be a list")
    texts = [one.source if isinstance(one, Number | Fraction) else str(one) for one in given]
    try:
        return checked_mobiles(texts, region)
    except ValidationError as error:
        raise ConfigurationError(block.at("mobiles"), in_words(error)) from error


class Members(Section):
    key = "members"
    place = 20
    keys = frozenset({"username", "role", "password", "extension", "email", "name", "enabled"})

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        """All of them, and then a look whether an owner is left: the file may name the new one after the old one."""
        lock_company(tenant.pk)
        former = {member.user.username_key for member in _owners()}
        last: Block | None = None
        for block in each(value, self.keys, {"username"}, place, identity="username"):
            self._apply(tenant, block, plan)
            if name_key(text(block, "username")) in former:
                last = block
        if former and last is not None and not _owners():
            raise ConfigurationError(
                last.at("role" if "role" in last else "enabled"),
                _("“%(name)s” is the last owner of company %(number)s: make somebody else an owner first")
                % {"name": text(last, "username"), "number": tenant.number},
            )

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
        if "enabled" in block:
            values["is_active"] = flag(block, "enabled")
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
                **({} if row.is_active else {"enabled": False}),
            }
            for row in rows
        ]


def _owners() -> list[Member]:
    """Those of the company in scope who can act as such."""
    live = Member.objects.filter(role=Role.OWNER, is_active=True, user__is_active=True)
    return list(live.select_related("user"))


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


for _section in (Extensions(), Members()):
    register_section(_section)

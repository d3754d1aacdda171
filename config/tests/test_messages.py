"""The check of the message catalogues."""

from pathlib import Path

from babel.messages.catalog import Catalog

from config.management.commands.messages import _unused, compare

Text = str | tuple[str, ...]


def catalogue(*messages: tuple[Text, Text], fuzzy: bool = False) -> Catalog:
    made = Catalog(locale="ru")
    for text, translation in messages:
        made.add(text, translation, flags=["fuzzy"] if fuzzy else [])
    return made


def test_a_complete_catalogue_has_no_faults() -> None:
    messages = [("Call", "Звонок"), (("%(n)s call", "%(n)s calls"), ("звонок", "звонка", "звонков"))]

    assert list(compare(catalogue(*messages), catalogue(*messages))) == []  # type: ignore[arg-type]


def test_missing_empty_and_fuzzy_messages_are_named() -> None:
    wanted = catalogue(("Call", ""), ("Leg", ""), (("%(n)s call", "%(n)s calls"), ("", "")))
    present = catalogue(("Leg", ""), (("%(n)s call", "%(n)s calls"), ("звонок", "", "")))

    assert list(compare(wanted, present)) == [
        "not in the catalogue: 'Call'",
        "not translated: 'Leg'",
        "not translated: '%(n)s call'",
    ]
    assert list(compare(catalogue(("Call", "")), catalogue(("Call", "Звонок"), fuzzy=True))) == [
        "fuzzy: 'Call'"
    ]


def test_a_package_with_catalogues_of_its_own_is_looked_through_like_any_other(tmp_path: Path) -> None:
    """gettext would put its messages into them, and what they lack would never be missed."""
    names = ["locale", "static", "fields.py", "views"]

    assert set(names) - set(_unused(str(tmp_path), names)) == {"fields.py", "views"}

"""The part of the permission matrix that datasets have: who may take them out, and who may bring files in."""

from collections.abc import Iterator

from django.utils.translation import override

from exports.imports.importer import importable, importer_of
from exports.registry import all_datasets
from tenants.matrix import Rule, rules_of

SURFACE = "Exports"
IMPORTS = "Imports"


@rules_of(SURFACE)
def rules() -> Iterator[Rule]:
    with override("en"):
        for dataset in all_datasets():
            yield Rule(SURFACE, str(dataset.title), "export", dataset.roles)


@rules_of(IMPORTS)
def import_rules() -> Iterator[Rule]:
    with override("en"):
        for dataset in importable():
            yield Rule(IMPORTS, str(dataset.title), "import", importer_of(dataset.name).roles)

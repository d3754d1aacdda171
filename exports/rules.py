"""The datasets' part of the permission matrix."""

from collections.abc import Iterator

from django.utils.translation import override

from exports.registry import all_datasets
from tenants.matrix import Rule, rules_of

SURFACE = "Exports"


@rules_of(SURFACE)
def rules() -> Iterator[Rule]:
    with override("en"):
        for dataset in all_datasets():
            yield Rule(SURFACE, str(dataset.title), "export", dataset.roles)

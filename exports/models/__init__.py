"""The models of the exports room."""

from exports.models.export import UNFINISHED, Export, State

__all__ = ["UNFINISHED", "Export", "State"]

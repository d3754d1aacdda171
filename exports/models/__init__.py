"""The models of the exports room."""

from exports.models.destination import DestinationKind, ExportDestination
from exports.models.export import LIVE, UNFINISHED, Export, State
from exports.models.imports import (
    STOPPED,
    WORKING,
    Import,
    ImportMode,
    ImportRow,
    ImportState,
    RowAction,
    RowOutcome,
)
from exports.models.letter import ExportLetter, Occasion
from exports.models.limits import LIMITS, ExportLimits
from exports.models.schedule import ExportSchedule, Occurrence, Rhythm, Rows, ScheduleRun, Weekday
from exports.models.shipment import ON_THE_WAY, ExportShipment, ShipmentState
from exports.models.template import ExportTemplate

__all__ = [
    "LIMITS",
    "LIVE",
    "ON_THE_WAY",
    "STOPPED",
    "UNFINISHED",
    "WORKING",
    "DestinationKind",
    "Export",
    "ExportDestination",
    "ExportLetter",
    "ExportLimits",
    "ExportSchedule",
    "ExportShipment",
    "ExportTemplate",
    "Import",
    "ImportMode",
    "ImportRow",
    "ImportState",
    "Occasion",
    "Occurrence",
    "Rhythm",
    "RowAction",
    "RowOutcome",
    "Rows",
    "ScheduleRun",
    "ShipmentState",
    "State",
    "Weekday",
]

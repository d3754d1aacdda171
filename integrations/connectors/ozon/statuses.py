"""Ozon's statuses of postings, and ours (docs.ozon.ru, the statuses of FBS and FBO, read 2026-10-01).

What is in dispute (`arbitration`, `client_arbitration`) says nothing about where the parcel is: it stays unknown beside
its original, and so does whatever Ozon will invent.
"""

from collections.abc import Mapping
from types import MappingProxyType

from integrations.records import OrderStatus

STATUSES: Mapping[str, OrderStatus] = MappingProxyType(
    {
        "awaiting_verification": OrderStatus.NEW,
        "awaiting_approve": OrderStatus.NEW,
        "awaiting_packaging": OrderStatus.NEW,
        "acceptance_in_progress": OrderStatus.CONFIRMED,
        "awaiting_registration": OrderStatus.CONFIRMED,
        "awaiting_deliver": OrderStatus.CONFIRMED,
        "ship_in_process": OrderStatus.CONFIRMED,
        "not_accepted": OrderStatus.CONFIRMED,
        "sent_by_seller": OrderStatus.SHIPPED,
        "delivering": OrderStatus.SHIPPED,
        "driver_pickup": OrderStatus.SHIPPED,
        "delivered": OrderStatus.DELIVERED,
        "cancelled": OrderStatus.CANCELLED,
        "cancelled_from_split_pending": OrderStatus.CANCELLED,
    }
)

"""Event types of the records that integrations bring together: documents, sales, messages, synchronisation.

They are declared ahead of the code here that will notice these things by itself: outside systems publish them through the
API today, and subscribers need not change then.
"""

from integrations.event_types import knowledge, messages, money, sales, synchronisation

__all__ = ["knowledge", "messages", "money", "sales", "synchronisation"]

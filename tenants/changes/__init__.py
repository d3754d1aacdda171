"""Tells all processes of the installation what was changed of that which they keep in memory.

    announce("integrations", str(tenant_id))      # in the transaction of the change, heard once it is committed
    subscribe("integrations", drop)               # called with the key in every process, "" for everything

and `Memory`, which keeps values on these terms. On PostgreSQL a change is heard at once (LISTEN and NOTIFY), on SQLite
by a look at `ChangeMark` twice a second. `is_hearing()` says whether that works now: whoever does not hear must not
keep anything for long.
"""

from tenants.changes.announcing import announce, deliver, subscribe
from tenants.changes.following import follower, is_hearing
from tenants.changes.memory import Figures, Memory, memories

__all__ = ["Figures", "Memory", "announce", "deliver", "follower", "is_hearing", "memories", "subscribe"]

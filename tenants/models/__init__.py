"""Who (tenants, members, keys) and what happened (events, audit, work)."""

from tenants.models.api_key import ApiKey, SeenNonce
from tenants.models.base import TenantModel
from tenants.models.credential import MachineCredential
from tenants.models.installation import Severity, SystemAlert
from tenants.models.invitation import Invitation
from tenants.models.mark import ChangeMark
from tenants.models.oauth import OAuthApplication
from tenants.models.tenant import Extension, Member, Mobile, Role, Tenant, User
from tenants.models.trail import AuditChain, AuditEntry, AuditLink, Event, Heartbeat, StoredAnswer
from tenants.models.work import Work

__all__ = [
    "ApiKey",
    "AuditChain",
    "AuditEntry",
    "AuditLink",
    "ChangeMark",
    "Event",
    "Extension",
    "Heartbeat",
    "Invitation",
    "MachineCredential",
    "Member",
    "Mobile",
    "OAuthApplication",
    "Role",
    "SeenNonce",
    "Severity",
    "StoredAnswer",
    "SystemAlert",
    "Tenant",
    "TenantModel",
    "User",
    "Work",
]

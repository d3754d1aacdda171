"""Skeleton: contacts both ways, and its signed webhooks."""

from integrations.connector import Connector
from integrations.connectors._skeleton.hooks import SkeletonHooks
from integrations.connectors._skeleton.manifest import manifest
from integrations.connectors._skeleton.session import SkeletonSession

connector = Connector(manifest=manifest, session_class=SkeletonSession, hooks=SkeletonHooks())

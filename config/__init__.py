"""The installation: settings, urls, celery, egress policy, key ring, logging, metrics, health."""

from config.celery import app as celery_app

__all__ = ["celery_app"]

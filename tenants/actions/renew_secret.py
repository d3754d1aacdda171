"""Give a trusted system its client secret, the first one or a new one."""

from django.db import transaction
from oauth2_provider.models import get_access_token_model

from tenants import audit
from tenants.keys import forget_keys
from tenants.models import OAuthApplication
from tenants.models.oauth import new_client_secret


@transaction.atomic
def create_application(application: OAuthApplication) -> str:
    """The client secret, shown this once."""
    secret = new_client_secret()
    application.set_secret(secret)
    application.full_clean()
    application.save()
    audit.record("oauthapplication.created", application, after=audit.snapshot(application))
    return secret


@transaction.atomic
def renew_secret(application: OAuthApplication) -> str:
    """A new client secret, shown this once. The old one and every token that it bought end now."""
    secret = new_client_secret()
    application.set_secret(secret)
    application.save(update_fields=["client_secret", "updated"])
    ended, _models = get_access_token_model().objects.filter(application=application).delete()
    audit.record("oauthapplication.secret_renewed", application, after={"tokens_ended": ended})
    forget_keys()
    return secret

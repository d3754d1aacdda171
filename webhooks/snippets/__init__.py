"""A short program that verifies what an endpoint is sent, in the language of whoever receives it."""

from webhooks.snippets.languages import LANGUAGES
from webhooks.snippets.sample import Sample, failing_sample
from webhooks.snippets.write import NothingToVerify, snippet

__all__ = ["LANGUAGES", "NothingToVerify", "Sample", "failing_sample", "snippet"]

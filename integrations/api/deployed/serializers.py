"""How these answers look. The API key of RetailCRM goes in and never comes out."""

from typing import Any

from rest_framework import serializers

from tenants.api.strict import StrictSerializer


class ConfigSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    configured = serializers.BooleanField(
        help_text="Whether there is a connection; without one the rest is empty."
    )
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    url = serializers.CharField()
    has_api_key = serializers.BooleanField()
    site = serializers.CharField()
    timezone = serializers.CharField()
    registered = serializers.BooleanField(help_text="Our module is registered there.")
    module_active = serializers.BooleanField(
        allow_null=True, help_text="What RetailCRM said last of our module; null before it said anything."
    )
    health = serializers.CharField()
    extensions = serializers.DictField(
        child=serializers.CharField(), help_text="RetailCRM's user id: extension."
    )


class NewConfigSerializer(StrictSerializer):
    url = serializers.CharField(max_length=300, required=False, help_text="The account's address.")
    api_key = serializers.CharField(
        max_length=200, required=False, write_only=True, help_text="Left out: the stored one stays."
    )
    name = serializers.CharField(max_length=200, required=False)
    enabled = serializers.BooleanField(required=False)
    site = serializers.CharField(max_length=100, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False, allow_blank=True)


class PhoneSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    name = serializers.CharField()
    is_free = serializers.BooleanField()
    user_id = serializers.CharField(help_text="RetailCRM's user who has it, or empty.")
    user_name = serializers.CharField()


class PhonesSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    phones = PhoneSerializer(many=True)


class UserExtensionSerializer(serializers.Serializer[Any]):
    user_id = serializers.CharField(source="outside_id")
    name = serializers.CharField()
    email = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    extension = serializers.CharField(help_text="Here, or empty.")
    extension_there = serializers.CharField(help_text="As RetailCRM said when the users were loaded last.")


class UserExtensionsSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    users = UserExtensionSerializer(many=True)


class SavedExtensionsSerializer(StrictSerializer):
    extensions = serializers.DictField(
        child=serializers.CharField(max_length=10, allow_null=True, allow_blank=True),
        help_text="RetailCRM's user id: extension; null takes it away. Who is not named keeps theirs.",
    )


class DifferenceSerializer(serializers.Serializer[Any]):
    user_id = serializers.CharField(source="outside_user_id")
    kind = serializers.ChoiceField(["missing", "other", "stranger"])
    ours = serializers.CharField()
    theirs = serializers.CharField()


class SyncedExtensionsSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    users = serializers.IntegerField(help_text="How many were loaded.")
    differences = DifferenceSerializer(many=True, help_text="What stood otherwise there; ours is being sent.")


class RegisteredSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    registered = serializers.BooleanField()
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="Users and shops of ours that RetailCRM does not know."
    )


class MatrixSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    integrations = serializers.DictField(
        child=serializers.BooleanField(),
        help_text="Whether the company has an enabled connection, by system.",
    )
    cached_at = serializers.DateTimeField()
    age_seconds = serializers.IntegerField()


class MatricesSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    enterprises = MatrixSerializer(many=True)


class InvalidatedSerializer(serializers.Serializer[Any]):
    enterprise_number = serializers.CharField()
    invalidated = serializers.BooleanField()


class CacheFiguresSerializer(serializers.Serializer[Any]):
    total_entries = serializers.IntegerField()
    hits = serializers.IntegerField()
    misses = serializers.IntegerField()
    hit_ratio = serializers.FloatField()
    last_full_refresh = serializers.DateTimeField(allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    cache_stats = CacheFiguresSerializer()
    uptime_seconds = serializers.IntegerField()
    database_queries = serializers.IntegerField(help_text="That were made to fill the cache.")

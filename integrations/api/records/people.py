"""Contacts and companies can also be made, changed, merged and taken apart; `/duplicates` lists those that may be one."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.edit_record import ChangedMeanwhile, NotChangeable, change_record, create_record
from integrations.actions.merge_records import MergeRefused, Wish, merge_records
from integrations.actions.seek_duplicates import start_merging, start_search
from integrations.actions.unmerge_records import unmerge_records
from integrations.api.records import duplicates as shapes
from integrations.api.records.deletion import DeletableViewSet, Stale, version_of
from integrations.duplicates.bulk import chosen_groups
from integrations.duplicates.reads import merge_to_undo, merges_of, with_members
from integrations.models import DuplicateGroup
from integrations.store.reads import surroundings
from tenants.api.problems import Conflict
from tenants.api.strict import refuse_strange_parameters
from tenants.errors import ConfigError


class PeopleViewSet(DeletableViewSet):
    """What both kinds of people have in common."""

    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one here. Systems that are written to get it with their next synchronisation."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = create_record(self.tenant, self.model.kind, form.validated_data)
        return self.answer(row, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the named fields. Systems that are written to get them with their next synchronisation."""
        row = self.get_object()
        around = {**self.get_serializer_context(), "around": surroundings([row])}
        form = self.get_serializer(row, data=request.data, partial=True, context=around)
        form.is_valid(raise_exception=True)
        try:
            row = change_record(
                self.tenant, self.model.kind, row.pk, form.validated_data, version_of(request)
            )
        except ChangedMeanwhile as error:
            raise Stale(str(error)) from error
        except NotChangeable as error:
            raise Conflict(str(error)) from error
        return self.answer(row)

    @extend_schema(
        parameters=[OpenApiParameter("sameness", enum=["phone", "email", "both"])],
        responses=shapes.DuplicateGroupSerializer(many=True),
    )
    @action(detail=False)
    def duplicates(self, request: Request) -> Response:
        """Groups that share a number or an address, as the last search found them; newest first."""
        refuse_strange_parameters(request.query_params, {"sameness", "cursor", "page_size"})
        form = shapes.GroupFilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        groups = chosen_groups({"kind": self.model.kind.value, **form.validated_data})
        page: list[DuplicateGroup] = self.paginate_queryset(groups) or []
        rows = with_members(page)
        return self.get_paginated_response(shapes.DuplicateGroupSerializer(rows, many=True).data)

    @extend_schema(request=None, responses={202: shapes.DuplicateJobSerializer})
    @action(detail=False, methods=["post"], url_path="duplicates/search")
    def search(self, request: Request) -> Response:
        """Look for duplicates of contacts and companies now, in the background; 409 while a search is under way."""
        try:
            job = start_search(self.tenant.pk)
        except ConfigError as error:
            raise Conflict(str(error)) from error
        return Response(shapes.DuplicateJobSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=shapes.MergeManySerializer, responses=shapes.MergedManySerializer)
    @action(detail=False, methods=["post"], url_path="duplicates/merge")
    def merge_many(self, request: Request) -> Response:
        """Merge all groups that fit, in the background. With `dry_run` (the default) it only says how many there are."""
        form = shapes.MergeManySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = dict(form.validated_data)
        is_dry = wanted.pop("dry_run")
        wanted["kind"] = self.model.kind.value
        count, job = chosen_groups(wanted).count(), None
        if not is_dry:
            try:
                job = start_merging(self.tenant.pk, wanted)
            except ConfigError as error:
                raise Conflict(str(error)) from error
        shown = {"count": count, "dry_run": is_dry, "job": job.pk if job else None}
        return Response(shapes.MergedManySerializer(shown).data)

    @extend_schema(request=shapes.MergeSerializer, responses=shapes.RecordMergeSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Make others a part of this one. Outside ids, numbers and references of all of them lead here afterwards."""
        row = self.get_object()
        form = shapes.MergeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        wish = Wish(self.model.kind, row.pk, tuple(given["records"]), given["choices"])
        try:
            merge = merge_records(self.tenant.pk, wish)
        except MergeRefused as error:
            raise Conflict(str(error)) from error
        return Response(shapes.RecordMergeSerializer(merge).data)

    @extend_schema(request=None, responses=shapes.RecordMergeSerializer)
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: str) -> Response:
        """Undo the merge by which this one went into another; of one that is kept, the latest merge into it."""
        merge = merge_to_undo(self.get_object())
        if merge is None:
            raise Conflict(_("Nothing was merged here."))
        try:
            undone = unmerge_records(merge)
        except MergeRefused as error:
            raise Conflict(str(error)) from error
        return Response(shapes.RecordMergeSerializer(undone).data)

    @extend_schema(responses=shapes.RecordMergeSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def merges(self, request: Request, pk: str) -> Response:
        """What was merged into this one, the newest hundred; undone ones, too."""
        rows = merges_of(UUID(str(self.get_object().pk)))
        return Response(shapes.RecordMergeSerializer(rows, many=True).data)

"""Records that mean the same person or firm: groups of them, merges, the work that finds and merges them, and its rules."""

from integrations.models.duplicates.group import DuplicateGroup, DuplicateMember, Sameness
from integrations.models.duplicates.job import DuplicateJob, JobState, JobTask
from integrations.models.duplicates.merge import RecordMerge
from integrations.models.duplicates.rules import DuplicateRules, MergeRule

__all__ = [
    "DuplicateGroup",
    "DuplicateJob",
    "DuplicateMember",
    "DuplicateRules",
    "JobState",
    "JobTask",
    "MergeRule",
    "RecordMerge",
    "Sameness",
]

"""The tables of people, frameworks, mappings and progress.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`); `valid_from`/`valid_to` are calendar
days in Bangkok, both inclusive, `valid_to` null while it lasts. Rows that a person can change carry
`recorded_at` and `recorded_by` (a user's or a command's name, never a learner's).
"""

from mappings.tables.accounts import account, account_conflict, account_link, link_refusal, stale_account
from mappings.tables.changes import change_log
from mappings.tables.counts import (
    closing,
    counted,
    counted_learning,
    stale_unit,
    unit_count,
    unit_item_count,
    unit_learning_count,
)
from mappings.tables.framework import (
    competency,
    competency_crosswalk,
    delivery_mode,
    framework,
    framework_term,
    learning_category,
    requirement,
)
from mappings.tables.gaps import activity_completions, activity_count, activity_evidence
from mappings.tables.mapping import (
    course,
    course_alias,
    evidence_hours,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
)
from mappings.tables.organisation import unit, unit_alias, unit_code, unit_path, unit_place
from mappings.tables.past import PAST, group_assignment_past, membership_past
from mappings.tables.people import (
    group_assignment,
    identifier,
    membership,
    merged_row,
    person,
    person_merge,
    post_decision,
    staged_person,
    staged_post,
    staged_unit,
    staged_username,
    tombstone,
)
from mappings.tables.progress import (
    batch_learner,
    competency_state,
    learning_event,
    parameter,
    refresh_state,
    stale_person,
)

__all__ = [
    "PAST",
    "account",
    "account_conflict",
    "account_link",
    "activity_completions",
    "activity_count",
    "activity_evidence",
    "batch_learner",
    "change_log",
    "closing",
    "competency",
    "competency_crosswalk",
    "competency_state",
    "counted",
    "counted_learning",
    "course",
    "course_alias",
    "delivery_mode",
    "evidence_hours",
    "framework",
    "framework_term",
    "group_assignment",
    "group_assignment_past",
    "identifier",
    "learning_category",
    "learning_event",
    "link_refusal",
    "mapping",
    "mapping_competency",
    "mapping_part",
    "mapping_verb",
    "membership",
    "membership_past",
    "merged_row",
    "parameter",
    "person",
    "person_merge",
    "post_decision",
    "refresh_state",
    "requirement",
    "staged_person",
    "staged_post",
    "staged_unit",
    "staged_username",
    "stale_account",
    "stale_person",
    "stale_unit",
    "tombstone",
    "unit",
    "unit_alias",
    "unit_code",
    "unit_count",
    "unit_item_count",
    "unit_learning_count",
    "unit_path",
    "unit_place",
]

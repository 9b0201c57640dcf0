"""Who may do what. Rights belong to a person, who may have several roles."""

from collections.abc import Set as AbstractSet
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the society."""

    ENGINEER = "engineer"
    ADMIN = "admin"
    OWNER = "owner"


class Permission(StrEnum):
    """One thing that needs a right. An owner's are always limited to their own flats by the query."""

    SUBMIT_READING = "submit_reading"
    REVIEW_READINGS = "review_readings"
    ISSUE_BILLS = "issue_bills"
    QUOTE = "quote"
    SEARCH = "search"
    RECORD_PAYMENT = "record_payment"
    ADJUST_ACCOUNT = "adjust_account"
    SEE_REPORTS = "see_reports"
    CHANGE_MASTER_DATA = "change_master_data"
    MANAGE_PEOPLE = "manage_people"
    LOCK_MONTHS = "lock_months"
    MANAGE_JOBS = "manage_jobs"
    SEE_AUDIT_TRAIL = "see_audit_trail"
    SEE_OWN_BILLS = "see_own_bills"
    PAY_OWN_BILLS = "pay_own_bills"
    RAISE_DISPUTE = "raise_dispute"


_OWNERS_RIGHTS = frozenset({Permission.SEE_OWN_BILLS, Permission.PAY_OWN_BILLS, Permission.RAISE_DISPUTE})

_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ENGINEER: frozenset({Permission.SUBMIT_READING}),
    Role.ADMIN: frozenset(Permission) - _OWNERS_RIGHTS,
    Role.OWNER: _OWNERS_RIGHTS,
}


def allowed(roles: AbstractSet[Role], permission: Permission) -> bool:
    """Say whether any of `roles` grants `permission`; no role, no right."""
    return any(permission in _GRANTS[role] for role in roles)

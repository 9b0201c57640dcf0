import pytest

from domain.roles import Permission, Role, allowed

OWNERS = {Permission.SEE_OWN_BILLS, Permission.PAY_OWN_BILLS, Permission.RAISE_DISPUTE}


@pytest.mark.parametrize("permission", Permission)
def test_every_right_belongs_to_the_office_or_to_owners(permission: Permission) -> None:
    assert allowed({Role.ADMIN}, permission) is (permission not in OWNERS)
    assert allowed({Role.OWNER}, permission) is (permission in OWNERS)


@pytest.mark.parametrize("permission", Permission)
def test_an_engineer_sends_readings_and_nothing_else(permission: Permission) -> None:
    assert allowed({Role.ENGINEER}, permission) is (permission is Permission.SUBMIT_READING)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_may_do_nothing_and_all_roles_everything(permission: Permission) -> None:
    assert not allowed(frozenset(), permission)
    assert allowed(frozenset(Role), permission)


def test_rights_add_up() -> None:
    both = frozenset({Role.ENGINEER, Role.OWNER})
    assert allowed(both, Permission.SUBMIT_READING)
    assert allowed(both, Permission.SEE_OWN_BILLS)
    assert not allowed(both, Permission.REVIEW_READINGS)

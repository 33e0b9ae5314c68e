"""The service's own settings."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Event
from service.actions import edit_service
from service.models import Service, current_service

pytestmark = pytest.mark.django_db


def edit(by, **changes):
    values = {"name": "Harbour APIs", "support_address": "", "invitation_days": 7}
    return edit_service(**(values | changes), by=by)


def test_current_service_has_defaults_before_anybody_saved():
    assert current_service().name == "Harbour APIs"
    assert current_service().invitation_validity.days == 7
    assert not Service.objects.exists()


def test_edit_service_changes_and_records(ada):
    edit(ada, name=" Port  APIs ", support_address="Help@Example.org", invitation_days=14)

    service = current_service()
    assert (service.name, service.support_address) == ("Port APIs", "help@example.org")
    assert service.invitation_validity.days == 14
    assert Event.objects.get(action="service.edited").data["changes"]["invitation_days"] == [7, 14]


def test_edit_service_is_quiet_when_nothing_differs(ada):
    edit(ada)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "See https://evil.example"},
        {"support_address": "nobody"},
        {"invitation_days": 0},
        {"invitation_days": 91},
        {"reminder_days": [0]},
        {"reminder_days": [31]},
        {"reminder_days": [5, 2]},
        {"reminder_days": [2, 2]},
        {"reminder_days": [1, 2, 3, 4]},
    ],
)
def test_edit_service_refuses_bad_values(ada, changes):
    with pytest.raises(ValidationError):
        edit(ada, **changes)

    assert current_service().name == "Harbour APIs"


def test_there_is_one_row(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.create(pk=2)


def test_edit_service_changes_reminders_and_leaves_what_is_not_named(ada):
    assert current_service().reminder_days == [2, 5]
    assert current_service().tell_unused

    edit(ada, reminder_days=[1, 3, 30], tell_unused=False)
    edit(ada, name="Port APIs")
    service = current_service()
    assert (service.reminder_days, service.tell_unused) == ([1, 3, 30], False)

    edit(ada, name="Port APIs", reminder_days=[])
    assert current_service().reminder_days == []


def test_edit_service_names_the_field_of_refused_reminders(ada):
    with pytest.raises(ValidationError) as refusal:
        edit(ada, reminder_days=[31])

    assert list(refusal.value.message_dict) == ["reminder_days"]

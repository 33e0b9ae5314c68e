"""What every request passes."""

import logging

import pytest

from base.middleware import GoneMeanwhile
from imports import actions
from tests.imports.conftest import lines, upload  # noqa: F401

pytestmark = pytest.mark.django_db


def test_a_row_that_went_between_look_and_lock_is_not_found(console, upload, ada, caplog):  # noqa: F811
    import_ = upload(lines("a@b.example,A,B"))
    address = f"/console/imports/{import_.public_id}/delete/"
    delete = actions.delete_import

    def quicker(**facts):
        """Somebody else's, just before ours."""
        delete(**facts)
        delete(**facts)

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(actions, "delete_import", quicker)
        response = console.post(address)

    assert response.status_code == 404
    assert "There is no page here" in response.content.decode()


def test_other_faults_stay_faults(rf):
    assert GoneMeanwhile(lambda request: None).process_exception(rf.get("/"), KeyError()) is None

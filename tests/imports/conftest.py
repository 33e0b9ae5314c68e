"""Files as people bring them, and imports made of them."""

import io
from datetime import timedelta

import pytest

from imports.actions import choose_columns, start_import, upload_file
from imports.models import Import
from imports.working import claim_due, process
from tests.factories import AdministratorFactory

HEAD = "Email,First name,Last name\n"


def lines(*rows):
    return HEAD + "".join(f"{row}\n" for row in rows)


def people(count, domain="kelpworks.example"):
    return lines(*[f"p{number}@{domain},Ann{number},Bee" for number in range(count)])


@pytest.fixture
def upload(ada):
    """``upload(text, kind)``: the file is in, its columns are guessed."""

    def put_in(text, kind="invite", file_name="people.csv", by=None):
        content = text.encode() if isinstance(text, str) else text
        return upload_file(file=io.BytesIO(content), file_name=file_name, kind=kind, by=by or ada)

    return put_in


@pytest.fixture
def checked(upload, ada):
    """``checked(text, kind)``: every row has its result."""

    def put_in(text, kind="invite", **facts):
        import_ = upload(text, kind, **facts)
        import_ = choose_columns(import_=import_, mapping=import_.mapping, by=ada)
        if import_.is_at_work:
            # A long file is checked by the import job.
            process(claim_due())
        return again(import_)

    return put_in


@pytest.fixture
def started(checked, ada):
    """``started(text, kind)``: waits for the import job."""

    def put_in(text, kind="invite", by=None, **facts):
        import_ = checked(text, kind)
        validity = timedelta(days=7) if kind == "invite" else None
        return start_import(import_=import_, by=by or ada, validity=validity, **facts)

    return put_in


@pytest.fixture
def chen(db):
    """Another administrator."""
    return AdministratorFactory(email="chen@example.org", first_name="Chen", last_name="Wei")


def rows_of(import_):
    """Line, state and problem of each row."""
    return list(import_.rows.order_by("number").values_list("number", "state", "problem"))


def states_of(import_):
    return [state for _number, state, _problem in rows_of(import_)]


def again(import_):
    return Import.objects.get(pk=import_.pk)

"""What can be done with imports."""

from imports.actions.rows import (
    ImportIsAtWork,
    RowIsDone,
    check_again,
    drop_problems,
    drop_rows,
    mend_row,
    restore_rows,
)
from imports.actions.starting import (
    CannotDelete,
    CannotStart,
    delete_import,
    record_report,
    start_import,
    stop_import,
)
from imports.actions.uploading import ColumnsFixed, choose_columns, upload_file
from imports.reading import FileUnreadable

__all__ = [
    "CannotDelete",
    "CannotStart",
    "ColumnsFixed",
    "FileUnreadable",
    "ImportIsAtWork",
    "RowIsDone",
    "check_again",
    "choose_columns",
    "delete_import",
    "drop_problems",
    "drop_rows",
    "mend_row",
    "record_report",
    "restore_rows",
    "start_import",
    "stop_import",
    "upload_file",
]

"""Numbers as people read them."""

from django.utils.formats import number_format


def shown(number: int) -> str:
    """12,345"""
    return number_format(number, force_grouping=True)

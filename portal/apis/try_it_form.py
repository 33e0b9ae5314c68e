"""The form of a trial call, made from an operation of the API's document."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from catalog.models import Api
from catalog.openapi.operations import JSON, Operation, Parameter
from gateway.check.paths import has_key_in_it
from gateway.try_it.trial_calls import (
    MAX_BODY,
    NotSendable,
    TrialCall,
    checked_headers,
    checked_key,
    may_be_sent,
    target_of,
)

MAX_VALUE = 2000
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}")
# What a value is typed with: nothing is corrected, nothing remembered.
_AS_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
LEGENDS = {
    "path": _("In the path"),
    "query": _("In the query"),
    "header": _("Headers"),
}


class TrialForm(forms.Form):
    """Fields are numbered as the document lists its parameters; after ``is_valid`` there is a
    ``call``. ``base`` is the API's address, empty where nobody knows it."""

    key = forms.CharField(label=_("Key"), required=False, widget=forms.PasswordInput(_AS_TYPED))
    call: TrialCall

    def __init__(
        self,
        *args: Any,
        operation: Operation,
        api: Api,
        base: str,
        takes_focus: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("auto_id", f"{operation.anchor}_%s")
        super().__init__(*args, **kwargs)
        self.operation, self.api, self.base = operation, api, base
        if api.subscription_required:
            self.fields["key"].required = True
            self.fields["key"].label = _("Key (required)")
        if takes_focus:
            self.fields["key"].widget.attrs["autofocus"] = True
        self.offered = {
            f"parameter_{number}": one
            for number, one in enumerate(operation.parameters)
            if is_offered(one)
        }
        for name, parameter in self.offered.items():
            self.fields[name] = _field(parameter)
        if operation.body and takes_text(operation):
            self.fields["body"] = _body_field(operation)

    @property
    def obstacle(self) -> str:
        """Why the operation cannot be tried here at all; empty if it can."""
        if not self.base:
            return str(
                _("Nobody has said yet where the gateway is, so there is no address to call.")
            )
        if self.operation.method == "TRACE":
            return str(_("Calls with TRACE are not sent from here."))
        if self.operation.body_required and not takes_text(self.operation):
            return str(_("It wants a body made of files. Send it from your own machine."))
        return ""

    @property
    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        """The parameters by where they stand in the call."""
        for place, legend in LEGENDS.items():
            fields = [self[name] for name, one in self.offered.items() if one.place == place]
            if fields:
                yield str(legend), fields

    @property
    def left_out(self) -> list[str]:
        """The names of parameters that have no field."""
        return [one.name for one in self.operation.parameters if not is_offered(one)]

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                self.call = self._call()
            except NotSendable as refusal:
                self.add_error(self._field_of(refusal.part), refusal)
        return self.cleaned_data

    def _call(self) -> TrialCall:
        body = self.cleaned_data.get("body", "").replace("\r\n", "\n").encode()
        if len(body) > MAX_BODY:
            raise NotSendable(str(_("This body is too long to be sent from here.")), part="body")
        headers = checked_headers({one.name: value for one, value in self._given("header")})
        return TrialCall(
            method=self.operation.method,
            base=self.base.removesuffix(self.api.path_prefix),
            target=target_of(
                self.api.path_prefix,
                self.operation.path,
                {one.name: value for one, value in self._given("path")},
                [pair for one, value in self._given("query") for pair in _pairs(one, value)],
            ),
            headers=headers | ({"Content-Type": media_type_of(self.operation)} if body else {}),
            key=checked_key(self.cleaned_data["key"]),
            body=body,
        )

    def _given(self, place: str) -> list[tuple[Parameter, str]]:
        """Parameters of one place with a value."""
        found = [(one, self.cleaned_data[name]) for name, one in self.offered.items()]
        return [(one, value) for one, value in found if one.place == place and value]

    def _field_of(self, part: str) -> str | None:
        """Where a refusal is shown: at the field, if it can only be one."""
        names = [name for name, one in self.offered.items() if one.place == part]
        if part in self.fields:
            return part
        return names[0] if len(names) == 1 else None


def is_offered(parameter: Parameter) -> bool:
    """Cookies, and headers that are not the caller's to choose, are not sent from here."""
    if parameter.place == "header":
        return may_be_sent(parameter.name)
    if parameter.place == "query":
        return not has_key_in_it(f"?{parameter.name}=")
    return parameter.place == "path"


def takes_text(operation: Operation) -> bool:
    """A body of files cannot be written into a field."""
    return not media_type_of(operation).startswith("multipart/")


def media_type_of(operation: Operation) -> str:
    """The body's media type as it may stand in a header."""
    found = _MEDIA_TYPE.match(operation.body.media_type) if operation.body else None
    return found[0] if found else JSON


def _field(parameter: Parameter) -> forms.Field:
    # The choices stand in the field itself.
    rules = "" if parameter.choices else parameter.rules
    said = [parameter.kind, rules, parameter.description]
    facts: dict[str, Any] = {
        "label": _("%(name)s (required)") % {"name": parameter.name}
        if parameter.required
        else parameter.name,
        "required": parameter.required,
        "initial": parameter.example,
        # SECURITY: crispy writes help texts unescaped, and the words are the document's.
        "help_text": escape(" · ".join(filter(None, said))),
    }
    if parameter.choices:
        empty = [] if parameter.required else [("", "–")]
        return forms.ChoiceField(choices=empty + [(one, one) for one in parameter.choices], **facts)
    several = {"placeholder": str(_("Several: one, two"))} if parameter.is_list else {}
    widget = forms.TextInput(_AS_TYPED | several)
    return forms.CharField(max_length=MAX_VALUE, widget=widget, **facts)


def _body_field(operation: Operation) -> forms.CharField:
    return forms.CharField(
        label=_("Body (required)") if operation.body_required else _("Body"),
        required=operation.body_required,
        strip=False,
        max_length=MAX_BODY,
        initial=operation.body.example if operation.body else "",
        help_text=media_type_of(operation),
        widget=forms.Textarea(_AS_TYPED | {"rows": "8", "class": "code"}),
    )


def _pairs(parameter: Parameter, value: str) -> list[tuple[str, str]]:
    """A list is written as the document says: repeated, or with commas."""
    if not parameter.is_list:
        return [(parameter.name, value)]
    values = [one.strip() for one in value.split(",") if one.strip()]
    if parameter.explode:
        return [(parameter.name, one) for one in values]
    return [(parameter.name, ",".join(values))]

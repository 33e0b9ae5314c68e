"""Input about the words of letters."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.addresses import canonical_address
from base.edit_form import TextConflict
from mail.actions import ChangedMeanwhile
from mail.drafts import LONGEST_HTML, LONGEST_SUBJECT, LONGEST_TEXT, Draft


class PartField(forms.CharField):
    """A part of a letter, with the lines as they were typed: refusals name them."""

    def __init__(self, *, label: Any, longest: int, missing: Any, widget: forms.Widget) -> None:
        super().__init__(
            label=label,
            max_length=longest,
            strip=False,
            widget=widget,
            error_messages={"required": missing},
        )

    def to_python(self, value: Any) -> str:
        # Before the length is counted: browsers send two characters for an end of line.
        typed = super().to_python(value) or ""
        return typed.replace("\r\n", "\n").replace("\r", "\n")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "true", "class": "letter-area"})


class VersionForm(forms.Form):
    """The version that held when the page was made, so that nobody's work is replaced unseen."""

    # 0 is the original.
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def refuse(self, refusal: ValidationError) -> None:
        """Show why it was not done. After somebody else's version, the next try is based on it."""
        if isinstance(refusal, ChangedMeanwhile):
            self.data = dict(self.data.items()) | {"version": str(refusal.newest.version)}
        self.add_error(None, refusal)


class LetterForm(VersionForm):
    """The three parts; what they may hold is the room's to say."""

    PARTS = ("subject", "text", "html")

    subject = PartField(
        label=_("Subject"),
        longest=LONGEST_SUBJECT,
        missing=_("Write a subject."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "letter-line"}),
    )
    text = PartField(
        label=_("Text"), longest=LONGEST_TEXT, missing=_("Write the letter."), widget=_area(12)
    )
    html = PartField(
        label=_("HTML"), longest=LONGEST_HTML, missing=_("Write the letter."), widget=_area(16)
    )

    text_conflicts: Sequence[TextConflict] = ()

    def refuse(self, refusal: ValidationError) -> None:
        """Of the parts that only somebody else changed, theirs are shown."""
        super().refuse(refusal)
        if isinstance(refusal, ChangedMeanwhile) and refusal.draft:
            yours = {part: getattr(refusal.draft, part) for part in self.PARTS}
            self.data = self.data | yours  # type: ignore[operator]
            self.text_conflicts = [
                TextConflict(
                    label=str(self.fields[part].label),
                    theirs=getattr(refusal.theirs, part),
                    yours=yours[part],
                )
                for part in refusal.conflicts
            ]

    @property
    def draft(self) -> Draft:
        parts = self.cleaned_data
        return Draft(subject=parts["subject"], text=parts["text"], html=parts["html"])


class PreviewForm(forms.Form):
    """Whose values, and how it is looked at."""

    person = forms.CharField(
        label=_("Values of (email address)"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "form": "letter"}),
        help_text=_("A developer or somebody who was invited. Empty: invented values."),
    )
    look = forms.ChoiceField(
        choices=[("light", _("Light")), ("dark", _("Dark")), ("text", _("Text"))],
        required=False,
    )

    def clean_person(self) -> str:
        address = self.cleaned_data["person"]
        return canonical_address(address) if address else ""

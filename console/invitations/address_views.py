"""An invitation that went to the wrong address."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from base.doors import administrators_only
from console.invitations.forms import CorrectAddressForm
from console.kit.dialogs import posted, show_form, way_back
from console.kit.requests import ConsoleRequest
from invitations.actions import correct_address
from invitations.models import Invitation


@administrators_only
def correct(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Send it to the right one; the link that went to the wrong one is dead."""
    invitation = get_object_or_404(Invitation, public_id=public_id)
    back = way_back(request, otherwise=reverse("console:invitation-detail", args=[public_id]))
    form = CorrectAddressForm(posted(request), initial={"email": invitation.email})
    if form.is_valid():
        try:
            corrected = correct_address(invitation=invitation, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _corrected(corrected))
            return redirect(back)
    template = "console/invitations/address.html"
    return show_form(request, template, form=form, back=back, invitation=invitation)


def _corrected(invitation: Invitation) -> str:
    return _(
        "The invitation of %(name)s goes to %(email)s now. The earlier link has stopped working."
    ) % {"name": invitation.full_name, "email": invitation.email}

"""E-mail addresses: one canonical form, computed here and nowhere else."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email as validate_as_forms_do
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254


def canonical_address(value: str) -> str:
    """The form under which an address is stored, compared and unique.

    Surrounding space goes, the local part must be ASCII and is lower-cased, the domain becomes
    its IDNA 2008 A-label. Dots and plus signs stay: folding them would merge two people.
    Databases disagree about case and Unicode (CVE-2019-19844), so they only ever see this form.

    Raises ValidationError (code ``invalid_address``) with a sentence for the person typing.
    """
    text = value.strip()
    if not text:
        raise _refusal(_("Enter an email address."))
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        raise _refusal(_("The address contains an invisible character. Type it again by hand."))
    local, at, domain = text.rpartition("@")
    if not at:
        raise _refusal(_("Enter a valid email address, such as name@example.org."))
    if not local.isascii():
        # Before NFC, which would turn the Kelvin sign into a plain K.
        raise _refusal(_("The part before the @ may only use plain letters, digits and signs."))
    try:
        parsed = validate_email(
            f"{local}@{unicodedata.normalize('NFC', domain)}",
            strict=True,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            # The names reserved for examples and tests are ordinary addresses here: the demo
            # data lives in them and nothing is ever sent there by a working mail server.
            test_environment=True,
        )
    except EmailNotValidError:
        raise _refusal(_("Enter a valid email address, such as name@example.org.")) from None
    address = f"{parsed.local_part}@{parsed.ascii_domain}".lower()
    if len(address) > MAX_LENGTH:
        raise _refusal(_("The address is longer than 254 characters."))
    try:
        # The fields of the models ask it too: what is canonical must be what can be saved.
        validate_as_forms_do(address)
    except ValidationError:
        raise _refusal(_("Enter a valid email address, such as name@example.org.")) from None
    return address


def domain_of(address: str) -> str:
    """The part of a canonical address behind the @."""
    return address.rpartition("@")[2]


def canonical_domain(value: str) -> str:
    """A domain as ``canonical_address`` writes it behind the @; one typed with its @ is taken too.

    Raises ValidationError (code ``invalid_domain``) with a sentence for the person typing.
    """
    text = value.strip().removeprefix("@")
    try:
        return domain_of(canonical_address(f"somebody@{text}"))
    except ValidationError:
        raise ValidationError(
            _("%(typed)s is no mail domain. Write it as in example.org."),
            code="invalid_domain",
            params={"typed": text or "@"},
        ) from None


def readable_domain(domain: str) -> str:
    """A canonical domain as people write it: with its umlauts instead of xn--."""
    parsed = validate_email(f"somebody@{domain}", check_deliverability=False, test_environment=True)
    return parsed.domain


def is_address(value: str) -> bool:
    """Whether ``canonical_address`` has a form for it."""
    try:
        canonical_address(value)
    except ValidationError:
        return False
    return True


def _refusal(message: object) -> ValidationError:
    return ValidationError(message, code="invalid_address")  # type: ignore[arg-type]

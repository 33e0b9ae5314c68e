"""References of refusals: short enough to read out, long enough not to be guessed."""

import secrets

# Crockford's base 32: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})


def new_reference() -> str:
    """Twelve characters in three groups, for example 7K3M-9QXA-2C4D: 60 random bits."""
    number = secrets.randbits(60)
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(0, 60, 5)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def normalized(reference: str) -> str:
    """The reference as it was given out, from however somebody typed it."""
    letters = reference.upper().translate(_READ_AS)[:12]
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))

"""Names that a reader takes for another name: other case, other scripts, digits for letters."""

import unicodedata

# Letters of other scripts drawn like a Latin one, beside those that NFKD and casefold() make Latin.
# A list of our own: confusable-homoglyphs 3.3.1 was last published in January 2024, and finds
# that a text mixes scripts but not which word it imitates.
_DRAWN_ALIKE = (
    # Cyrillic
    str.maketrans("аеорсухіјѕԁһԛԝԍгпмтвнкьєүӏѵ", "aeopcyxijsdhqwgrnmtbhkbeylv")
    # Greek
    | str.maketrans("αβεικνορτυχηγμ", "abeiknoptuxnym")
    # Armenian
    | str.maketrans("օոսհց", "onuhg")
    # Latin of other alphabets
    | str.maketrans("ɑɡıȷłøđŧħ", "agijlodth")
    # small capitals
    | str.maketrans("ʙɢʜɪɴʀʟᴀᴄᴅᴇᴊᴋᴍᴏᴘꜱᴛᴜᴠᴡᴢ", "bghinrlacdejkmopstuvwz")
)
_DIGITS = str.maketrans("013457@$!|", "oieastasii")


def skeleton(name: str) -> str:
    """What is left of a name for the eye: two names with the same skeleton look alike."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    # At the ends an exclamation mark is one; within a word it stands for an i.
    letters = letters.strip(" .,;:!|$@-_()")
    drawn = letters.translate(_DRAWN_ALIKE).translate(_DIGITS)
    # Spaces, dots, accents and invisible characters tell no names apart.
    kept = "".join(character for character in drawn if character.isalnum())
    # "rn" is drawn like m, "vv" like w; l and i are one stroke.
    return kept.replace("rn", "m").replace("vv", "w").replace("l", "i")


def looks_like(name: str, other: str) -> bool:
    """Whether a reader could take one name for the other, in the singular or the plural."""
    return _singular(skeleton(name)) == _singular(skeleton(other))


def _singular(word: str) -> str:
    return word.removesuffix("s")

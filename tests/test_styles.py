"""The styles: by component, with lengths from the tokens, at three widths."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
STYLES = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("static/css/*.css")}
RAW = re.compile(
    r"^\s*(?:padding|margin|gap|row-gap|column-gap|font-size|line-height|border-radius)[a-z-]*:"
    r"[^;]*\d(?:px|rem)[^;]*;",
    re.MULTILINE,
)


def test_space_and_type_come_from_tokens():
    assert len(STYLES) > 20
    assert not {
        name: found
        for name, text in STYLES.items()
        if name != "tokens" and (found := RAW.findall(text))
    }


def test_three_widths():
    queries = " ".join(re.findall(r"@media ([^{]+)", " ".join(STYLES.values())))

    assert set(re.findall(r"\d+(?:\.\d+)?px", queries)) == {"640px", "1100px", "1440px"}


def test_each_is_loaded_once_in_one_place():
    page = (ROOT / "templates/base.html").read_text(encoding="utf-8")

    assert sorted(re.findall(r'"css/([\w-]+)\.css"', page)) == sorted(STYLES)


def test_a_style_fits_in_a_head():
    assert not {name for name, text in STYLES.items() if text.count("\n") > 400}

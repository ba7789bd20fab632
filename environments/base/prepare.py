# ruff: noqa: INP001 - a script beside data, not a package
"""Run once by the new environment's Python: Korean labels in figures, and no first-use work in a job.

Writes to `<environment>/home` matplotlib's settings, with NanumGothic before matplotlib's own font, and its
list of fonts. NanumGothic has no U+2212, so negative numbers get a hyphen. The list holds the environment's
fonts only, so that a figure looks the same on every machine.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

SETTINGS = """\
font.family: NanumGothic, DejaVu Sans
axes.unicode_minus: False
"""


def main() -> None:
    home = Path(sys.argv[1]) / "home"
    settings = home / ".config" / "matplotlib" / "matplotlibrc"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")

    from matplotlib import font_manager

    fonts = font_manager.FontManager()
    for file in distribution("koreanize-matplotlib").files or []:
        if file.suffix == ".ttf":
            fonts.addfont(str(file.locate()))
    fonts.ttflist = [font for font in fonts.ttflist if _is_ours(font.fname)]
    fonts.afmlist = [font for font in fonts.afmlist if _is_ours(font.fname)]
    cache = home / ".cache" / "matplotlib" / f"fontlist-v{font_manager.FontManager.__version__}.json"
    cache.parent.mkdir(parents=True)
    font_manager.json_dump(fonts, str(cache))


def _is_ours(name: str) -> bool:
    path = Path(name)  # relative: to matplotlib's own folder
    return not path.is_absolute() or path.is_relative_to(sys.prefix)


if __name__ == "__main__":
    main()

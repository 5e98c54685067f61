"""The web pages: what lies in `static`, as it is sent.

An asset's address holds a hash of all assets, so that it can be kept for a year, and a page's modules always fit each
other. Addresses are relative: pages work behind any stage path, front door or domain.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
LANGUAGES = ("en", "ru")
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
PAGES = {path.stem for path in STATIC.glob("*.html")}
ASSETS = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in MEDIA_TYPES}
_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*["']\./([\w.-]+)["']""", re.MULTILINE)


@cache
def version() -> str:
    """Names the assets as they are now."""
    digest = hashlib.sha256()
    for name, path in ASSETS.items():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def page(name: str, root: str, language: str) -> str:
    """The HTML of a page for readers of `language`; `root` leads from its address to the API's ("" or "../")."""
    template = (STATIC / f"{name}.html").read_text()
    first = re.search(r"{assets}([\w-]+\.js)", template)
    modules = [*imports_of(first[1]), f"texts.{language}.js"] if first else []
    preloads = "\n".join(f'<link rel="modulepreload" href="{{assets}}{module}">' for module in modules)
    return (
        template.replace("{preloads}", preloads)
        .replace("{assets}", f"{root}pages/{version()}/")
        .replace("{language}", language)
    )


def imports_of(module: str) -> list[str]:
    """The modules that this one needs before it can run, and those that they need."""
    found: list[str] = []
    remaining = [module]
    while remaining:
        for name in _IMPORT.findall(ASSETS[remaining.pop()].read_text()):
            if name not in found:
                found.append(name)
                remaining.append(name)
    return found


def language_for(wanted: str | None, accepted: str) -> str:
    """The language that is asked for if there is one, else the first of `Accept-Language` that we speak."""
    if wanted in LANGUAGES:
        return wanted
    spoken = (part.split(";")[0].strip()[:2].lower() for part in accepted.split(","))
    return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])

"""The browser that pages are looked at with: Debian's Chromium, else Playwright's own."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

VIEWPORTS = {"phone": (360, 740), "desktop": (1280, 800)}
NO_BROWSER = "No Chromium is installed, which the tests of the pages need: `make browser` installs one"
ARGUMENTS = ["--disable-features=LocalNetworkAccessChecks"]
"""The site that shows the widget is somewhere else by name only, and may call this machine."""


def launched(playwright: Playwright) -> Browser:
    """Raises Playwright's error where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *as_root])

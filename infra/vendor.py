"""Makes the pages' copy of Lit: one module, minified, from the packages that are named here, by `npm`.

The file is part of the repository, so that nobody who runs the pages needs this. What comes out must have the hash
that is recorded: change both together.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import cli
from infra.cli import CommandError
from infra.settings import ROOT

PACKAGES = ("lit@3.3.3", "esbuild@0.28.2")
EXPORTS = """
export {LitElement, html, nothing} from "lit";
export {repeat} from "lit/directives/repeat.js";
export {live} from "lit/directives/live.js";
"""
FILE = ROOT / "layers" / "pages" / "booking_pages" / "static" / "lit.js"
SHA256 = "fc5e908fc4062f7d0d9f5e2f5d152bbc81cb76b340590de5de5ea66f9034ae7e"


def main() -> None:
    """Writes the file."""
    npm = shutil.which("npm")
    if npm is None:
        raise CommandError("npm is not installed, and it fetches the packages: install Node.js.")
    with TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES], check=True
        )
        made = bundled(Path(folder))
    found = hashlib.sha256(made).hexdigest()
    if found != SHA256:
        raise CommandError(f"What was made has the hash {found}, and infra/vendor.py says {SHA256}.")
    FILE.write_bytes(made)


def bundled(folder: Path) -> bytes:
    """Lit as one module, with its licences' notices at the end."""
    (folder / "entry.js").write_text(EXPORTS)
    (esbuild,) = folder.glob("node_modules/@esbuild/*/bin/esbuild")
    options = ["--bundle", "--format=esm", "--minify", "--legal-comments=eof", "--conditions=production"]
    return subprocess.run([esbuild, "entry.js", *options], cwd=folder, check=True, capture_output=True).stdout


if __name__ == "__main__":
    cli.run(main)

"""The embedded AWS: ministack, but with one folder for each archive of functions' code.

It unpacks code and layers anew for every process of a function, which takes longer than all else in a cold start. Here
an archive is unpacked once, and the folders of the processes link there. Run with the Python of `.venv-tools`.
"""

import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any, ClassVar

from ministack import app  # type: ignore[import-not-found]
from ministack.core import lambda_runtime  # type: ignore[import-not-found]


class UnpackedOnce(zipfile.ZipFile):
    """An archive whose content is linked to where it has been unpacked before."""

    _folders: ClassVar[dict[tuple[tuple[str, int], ...], Path]] = {}
    _unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Links what the archive has at its top into the folder `path`."""
        content = tuple((file.filename, file.CRC) for file in self.infolist())
        with self._unpacking:
            if content not in self._folders:
                folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
                super().extractall(folder, members, pwd)
                self._folders[content] = folder
        for entry in self._folders[content].iterdir():
            Path(path, entry.name).symlink_to(entry)


class _OfLambda:
    """The module `zipfile`, as the part of the emulator that starts functions sees it."""

    ZipFile = UnpackedOnce

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


if __name__ == "__main__":
    lambda_runtime.zipfile = _OfLambda()
    app.main()

"""The embedded AWS: ministack, with what it lacks. Run with the Python of `.venv-tools`.

It unpacks code and layers anew for every process of a function, which takes longer than all else in a cold start: here
an archive is unpacked once, and the folders of the processes link there. Of an API's definition it leaves out the
gateway's own errors and the answer to preflights: here they are imported, too.
"""

import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any, ClassVar, Final

from ministack import app  # type: ignore[import-not-found]
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import apigateway_v1 as gateway  # type: ignore[import-not-found]

_import_definition: Final = gateway._import_rest_api  # noqa: SLF001
_import_operation: Final = gateway._import_operation  # noqa: SLF001


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


def import_definition(definition: dict[str, Any], about: Any = None) -> str:
    """The id of an API that is made of a definition, with the gateway's own errors."""
    api: str = _import_definition(definition, about)
    for kind, response in definition.get("x-amazon-apigateway-gateway-responses", {}).items():
        gateway._put_gateway_response(api, kind, response)  # noqa: SLF001
    return api


def import_operation(api: str, resource: str, method: str, operation: dict[str, Any], *security: Any) -> None:
    """A method of an API, with what it answers by itself: constants only, so without X-Request-ID."""
    _import_operation(api, resource, method, operation, *security)
    for response in operation.get("x-amazon-apigateway-integration", {}).get("responses", {}).values():
        headers = {name: value for name, value in response["responseParameters"].items() if value[0] == "'"}
        said = {"responseParameters": headers}
        gateway._put_integration_response(api, resource, method, response["statusCode"], said)  # noqa: SLF001


lambda_runtime.zipfile = _OfLambda()
gateway._import_rest_api = import_definition  # noqa: SLF001
gateway._import_operation = import_operation  # noqa: SLF001

if __name__ == "__main__":
    app.main()

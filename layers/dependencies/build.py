"""Builds the dependencies layer: pinned wheels, cut to what functions import, precompiled.

An execution environment unpacks and imports all of this before its first answer, so what no function needs is left
out: foreign AWS services' models, documentation inside models, tests, stubs, command lines, and the sources behind the
bytecode (half of the files; a traceback still names file and line). The last step imports the packages from the result
alone, so that a cut too deep fails the build, not a request.
"""

import compileall
import gzip
import json
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SERVICES = ("dynamodb", "events", "secretsmanager", "ses", "sqs")
SHARED_DATA = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")

# importlib.metadata is asked for these at run time: pydantic wants email-validator's version, OpenTelemetry finds its
# own context and propagators by entry point.
METADATA_READ_AT_RUN_TIME = ("email_validator-", "opentelemetry_api-")

NOT_IMPORTED = (
    "aws_lambda_powertools/event_handler",  # FastAPI routes here
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in ("data_masking", "feature_flags", "idempotency", "kafka", "parameters", "streaming", "validation")
    ),
    "bin",
    "cffi",  # argon2's bindings need only the compiled _cffi_backend
    "pycparser",
    "dns",  # email-validator resolves names only when asked to check deliverability
    "icalendar/tests",
    "icalendar/fuzzing",
    "fastapi/.agents",
    "pydantic/v1",  # FastAPI asks of every type that it sees whether it is one of these, if they are there
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",  # tzdata is here
    *("**/*.pyi", "**/py.typed", "**/*.c", "**/*.h", "**/*.pyx"),
)
"""What lies in the wheels for other readers than the interpreter; patterns."""

NO_DOCSTRINGS = """
class _Nothing(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __init__(self, *args, **kwargs):
        super().__init__()


ClientMethodDocstring = PaginatorDocstring = WaiterDocstring = _Nothing
"""
"""What botocore hangs on the methods of its clients, for nobody to read."""

NO_OPENAPI_MODELS = """
class _Undocumented:
    def __init__(self, **values):
        self.__dict__.update(values)


APIKey = APIKeyIn = HTTPBase = HTTPBearer = OAuth2 = OAuthFlows = OpenAPI = OpenIdConnect = SecurityBase = _Undocumented
Example = dict
"""
"""What FastAPI imports of its models of OpenAPI documents: the document is made before the code is packed."""

IMPORTED = """
import fastapi.security
fastapi.APIRouter().get("/", dependencies=[fastapi.Depends(fastapi.security.HTTPBearer())])(lambda name: name)
assert "email_validator" not in sys.modules, "FastAPI keeps its models of OpenAPI in another place"
import argon2, aws_lambda_powertools, aws_lambda_powertools.metrics, botocore.session, email_validator
import aws_lambda_powertools.utilities.batch, icalendar, jwt, mangum, prometheus_client, pydantic
import pynamodb.models, zoneinfo
from fastapi_offline.core import _STATIC_PATH
assert (_STATIC_PATH / "swagger-ui-bundle.js").is_file()
session = botocore.session.get_session()
for service in sys.argv[1:]:
    session.create_client(service, region_name="eu-central-1", aws_access_key_id="-", aws_secret_access_key="-")
email_validator.validate_email("a@example.com", check_deliverability=False)
pydantic.TypeAdapter(pydantic.EmailStr).validate_python("a@example.com")
argon2.PasswordHasher(memory_cost=8, time_cost=1, parallelism=1).hash("-")
zoneinfo.reset_tzpath([])
zoneinfo.ZoneInfo("Europe/Berlin")
"""


def main(requirements: Path, target: Path, platform: str) -> None:
    """Fills `target` with the packages of `requirements`, for `platform` (empty: this machine)."""
    install(requirements, target, platform)
    cut_botocore(target / "botocore" / "data")
    cut_docstrings(target / "botocore" / "docs")
    cut_openapi_models(target / "fastapi" / "openapi" / "models.py")
    cut_metadata(target)
    for path in [found for pattern in NOT_IMPORTED for found in target.glob(pattern)]:
        remove(path)
    precompile(target)
    if not platform:
        check_imports(target)


def install(requirements: Path, target: Path, platform: str) -> None:
    """Wheels only: a build from source would differ from machine to machine. Copies, never links, into the cache."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--no-build"),
            *("--link-mode", "copy", "--python", sys.executable, "--target", str(target)),
            *(("--python-platform", platform) if platform else ()),
            *("--requirement", str(requirements)),
        ],
        check=True,
    )


def cut_botocore(data: Path) -> None:
    """Keeps the models of the services in use, uncompressed and without their documentation."""
    for entry in data.iterdir():
        if entry.name not in SERVICES + SHARED_DATA:
            remove(entry)
    for service in SERVICES:
        for superseded in sorted(data.joinpath(service).iterdir())[:-1]:
            remove(superseded)
    for path in [*data.rglob("examples-1.json"), *data.rglob("waiters-2.json")]:
        remove(path)
    for path in list(data.rglob("*.json.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        remove(path)
    for path in data.rglob("*.json"):
        model = without_documentation(json.loads(path.read_text()))
        if path.name == "endpoints.json":
            for partition in model["partitions"]:
                partition["services"] = {
                    name: known for name, known in partition["services"].items() if name in (*SERVICES, "email")
                }
        path.write_text(json.dumps(model, separators=(",", ":")))


def cut_docstrings(docs: Path) -> None:
    """Empty docstrings in place of botocore's generator of them, which is a tenth of what a client imports."""
    for entry in docs.iterdir():
        if entry.name != "utils.py":  # botocore.handlers calls it
            remove(entry)
    docs.joinpath("__init__.py").touch()
    docs.joinpath("docstring.py").write_text(NO_DOCSTRINGS)


def cut_openapi_models(models: Path) -> None:
    """Bare names in place of FastAPI's models of OpenAPI, which are a fifth of what a function imports.

    `check_imports` fails when FastAPI imports other names than these, or from another place.
    """
    models.write_text(NO_OPENAPI_MODELS)


def without_documentation(model: Any) -> Any:
    """The model without its `documentation` texts; a member that happens to bear that name stays."""
    if isinstance(model, dict):
        return {
            name: without_documentation(value)
            for name, value in model.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    if isinstance(model, list):
        return [without_documentation(value) for value in model]
    return model


def cut_metadata(target: Path) -> None:
    """Keeps name, version and entry points of the few distributions that are looked up at run time."""
    for info in target.glob("*.dist-info"):
        if not info.name.startswith(METADATA_READ_AT_RUN_TIME):
            remove(info)
            continue
        for path in info.iterdir():
            if path.name not in ("METADATA", "entry_points.txt"):
                remove(path)
        headers = info.joinpath("METADATA").read_text().splitlines()
        wanted = [line for line in headers if line.startswith(("Metadata-Version:", "Name:", "Version:"))]
        info.joinpath("METADATA").write_text("\n".join(wanted) + "\n")


def precompile(target: Path) -> None:
    """Bytecode in place of the sources, with the path that Lambda mounts layers at."""
    compiled = compileall.compile_dir(
        target,
        maxlevels=20,
        quiet=1,
        legacy=True,
        stripdir=str(target.parent),
        prependdir="/opt",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        sys.exit("the dependencies layer could not be precompiled")
    for source in list(target.rglob("*.py")):
        remove(source)


def check_imports(target: Path) -> None:
    """Imports everything from the layer alone, as a function would."""
    alone = f"import sys; sys.path = [p for p in sys.path if 'site-packages' not in p] + [{str(target)!r}]" + IMPORTED
    environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-S", "-c", alone, *SERVICES], check=True, env=environment)


def remove(path: Path) -> None:
    """Removes a file or a folder; what is already gone is fine."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    requirements_file, target_folder, *platform_if_any = sys.argv[1:]
    main(Path(requirements_file), Path(target_folder), "".join(platform_if_any))

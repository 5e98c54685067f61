"""Writes the document (`make openapi`)."""

import json

from infra.openapi.assembly import DOCUMENT, document

if __name__ == "__main__":
    DOCUMENT.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

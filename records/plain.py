"""How the shared cache keeps what it is given."""

from __future__ import annotations

import json
from typing import Any


class AsJson:
    """Plain values only: Django's own serializer unpickles, and the broker is another machine's process."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)

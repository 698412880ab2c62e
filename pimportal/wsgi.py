"""The WSGI application gunicorn serves."""

import os
from contextlib import suppress
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application


class Request(WSGIRequest):
    """Django looks up the charset that a request names while nothing around it answers for a fault yet. A
    name with a NUL in it, which `charset*=` can write, is none, like any other that is not known."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        with suppress(ValueError):
            super()._set_content_type_params(meta)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pimportal.settings")
application = get_wsgi_application()
application.request_class = Request

"""The WSGI application gunicorn serves."""

import gc
import os
from contextlib import suppress
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver


class Request(WSGIRequest):
    """Django looks up the charset that a request names while nothing around it answers for a fault yet. A
    name with a NUL in it, which `charset*=` can write, is none, like any other that is not known."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        with suppress(ValueError):
            super()._set_content_type_params(meta)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pimportal.settings")
application = get_wsgi_application()
application.request_class = Request
# The server loads this once and then forks its workers: what is there by then they share, as long as nobody
# writes to it, which looking for garbage would do.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()

"""What comes in beside the pages: requests before Django answers for them, tasks from the queue's table."""

from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.signing import BadSignature
from django_q.conf import Conf
from django_q.signing import SignedPackage

from pimportal.wsgi import application


def test_answers_whoever_names_a_charset_with_a_nul(db):
    kind = "application/x-www-form-urlencoded; charset*=utf-8''%00"
    sent = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/account/",
        "CONTENT_TYPE": kind,
        "HTTP_HOST": "localhost",
    }
    environ, answered = {**sent, "wsgi.input": BytesIO()}, []
    setup_testing_defaults(environ)

    application(environ, lambda status, _headers: answered.append(status)).close()

    assert answered == ["403 Forbidden"]  # it comes from no page of ours


def test_unpacks_no_task_that_another_key_has_signed(monkeypatch):
    """A task is a pickle: whoever could sign one would run what they like."""
    with monkeypatch.context() as theirs:
        theirs.setattr(Conf, "SECRET_KEY", "a-key-of-somebody-else")
        package = SignedPackage.dumps({"func": "os.system", "args": ("zq7",)})

    with pytest.raises(BadSignature):
        SignedPackage.loads(package)

"""What hostile visitors send, as data. `zq7` marks what is ours: in a page it is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

# What only stands in a page where a text of these was not escaped on its way there.
UNESCAPED = ("<zq7", '"zq7', "'zq7", 'href="javascript:', "zq7-was-computed")

MARKUP = (
    "<zq7 onload=alert(1)>",
    '"zq7 onfocus="alert(1)',
    "'zq7 onfocus='alert(1)",
    "</textarea></script><zq7>",
    "]]><zq7/><!--",
    "&lt;zq7&gt;",
    "javascript:alert('zq7')",
    "{{ 'zq7-was'|add:'-computed' }}{% debug %}{% include 'base.html' %}",
    "${7*7}#{7*7}<%= 7*7 %>%(zq7)s{zq7.__class__}%s%n",
)

TEXTS = (
    *MARKUP,
    "",
    " ",
    "\t\r\n \u00a0\u3000",
    "\x00",
    "before\x00after",
    "\x1b[31m\x07\x7f\x85",
    "x" * 5_000,
    "\u0301" * 3_000,
    "\u202egnp.exe\u2066\u200f",
    "\u200b\ufeff\u00ad\u2060",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40,
    "\ufffe\uffff\U0010ffff",
    "\ud800",  # half of a pair; sent as the bytes that a careless program makes of it
    "ｎａｍｅ\u212a\u0131\u1e9e",
    "=HYPERLINK(A1)\r\n+zq7",
    "@SUM(1;2)\t-1",
    "../../../../etc/passwd",
    "..\\..\\zq7\\\\host\\c$",
    "file:///etc/passwd",
    "//evil.example/zq7",
    "https://evil.example/zq7",
    "Name\r\nBcc: eve@evil.example\r\n\r\nzq7",
    "Name\u2028Bcc: eve@evil.example",
    "'; DROP TABLE accounts_user; --",
    "%' OR 1=1 /* \\ _ %",
    "$(touch /tmp/zq7)`touch /tmp/zq7`|zq7",
    "None",
    "null",
    "undefined",
    "true",
    "[object Object]",
    "__class__.__init__.__globals__",
    '{"$gt": "", "__proto__": {"zq7": 1}}',
    "- !!python/object/apply:os.system ['zq7']\n- &a [*a, *a]",
)

NUMBERS = (
    "0",
    "-1",
    "1e400",
    "1e3",
    "1.5",
    "NaN",
    "-Infinity",
    "9" * 4_400,
    "2147483648",
    "9223372036854775808",
    "-9223372036854775809",
    "0x10",
    "1_000",
    "١٢٣",
    "²",
    " 7 ",
    "+7",
    "1,5",
    "",
    "\x00",
    "seven",
)

INSTANTS = (
    "0001-01-01T00:00",
    "0000-00-00T00:00",
    "9999-12-31T23:59",
    "10000-01-01T00:00",
    "-2026-01-01T00:00",
    "2026-02-30T00:00",
    "2026-11-24T24:00",
    "2026-11-24T23:59:60",
    "2026-03-29T02:30",  # not on the clocks of Europe
    "2026-10-25T02:30",  # twice on them
    "1970-01-01T00:00",
    "2026-11-24",
    "2026-W48-2",
    "2026-11-24T12:00:00+99:99",
    "2026-11-24T12:00:00.123456789Z",
    "24/11/2026",
    "12:00",
    "now",
    "",
    "\x00",
    "9" * 400,
)

NOTHING = UUID("00000000-0000-4000-8000-000000000007")  # an id of nothing there is

IDS = (
    str(NOTHING),
    NOTHING.hex,
    f"{{{NOTHING}}}",
    f"urn:uuid:{NOTHING}",
    str(NOTHING).upper(),
    "0" * 32,
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-4000-8000-00000000000",
    "1",
    "-1",
    "x",
    "",
    "\x00",
    "' OR ''='",
    "../me",
    "1" * 4_000,
    "group:" + str(NOTHING),
    f"{NOTHING},{NOTHING}",
    f"{NOTHING}:{NOTHING}:{NOTHING}",
)

ADDRESSES = (
    "a@b",
    "a.zq7@example.com\r\nBcc: eve@evil.example",
    '"zq7 zq7"@example.com',
    "a.zq7@example.com,eve@evil.example",
    "a.zq7@[127.0.0.1]",
    "a.zq7@" + "x." * 120 + "example",
    "x" * 300 + "@example.com",
    "A.ZQ7@EXAMPLE.COM",
    "a.zq7@münchen.example",
    "<zq7@example.com>",
    "a.zq7@example.com\x00",
    "http://169.254.169.254/zq7",
    "https://[::1]:22/zq7",
    "https://example.com:99999/zq7",
    "https://zq7:zq7@example.com\\@evil.example/",
    "gopher://zq7",
)

# Keys of pages: of other lists, torn, of instants and ids that are none.
PAGE_KEYS = (
    "~",
    "x",
    "a~zq7~zq7",
    "2026-11-24T12:00:00~" + str(NOTHING),
    "2026-11-24T12:00:00+00:00~x",
    "0001-01-01T00:00:00+14:00~" + str(NOTHING),
    "9999-12-31T23:59:59-14:00~" + str(NOTHING),
    "%00~" + str(NOTHING),
    "\x00~" + str(NOTHING),
    "NaN~" + str(NOTHING),
    "~" * 500,
    "%ff%fe~" + str(NOTHING),
    "10000-01-01~" + str(NOTHING),
    "a~b~" + str(NOTHING),
    "a~b~c~" + str(NOTHING),
    "1e400~" + str(NOTHING),
)

CODES = ("000000", "０１２３４５", "12345", "1234567", "123 456", "-12345", "\x00" * 6, "9" * 5_000, "")

EVERYTHING = (*TEXTS, *NUMBERS, *INSTANTS, *IDS, *ADDRESSES, *PAGE_KEYS, *CODES)

# ---- Files ------------------------------------------------------------------------------------------------

FILES = {
    "nothing": b"",
    "a byte order mark": b"\xef\xbb\xbf",
    "NUL": b"\x00" * 1_000,
    "random bytes": bytes(range(256)) * 40,
    "UTF-16": "role,principal\nzq7,zq7\n".encode("utf-16"),
    "UTF-7": b"+ADw-zq7+AD4-,x\n",
    "half of a pair": b"role,principal\n\xed\xa0\x80,x\n",
    "one line without end": b"x," * 100_000,
    "many columns": b",".join(b"c%d" % number for number in range(2_000)) + b"\n" + b"x," * 2_000,
    "many lines": b"role,principal\n" + b"a,b\n" * 20_000,
    "a quote that stays open": b'role,principal\n"zq7' + b"x" * 200_000,
    "formulas": b"role,principal\n=cmd|'/C zq7'!A0,@zq7\n",
    "markup": b'<zq7>,"<zq7>"\n<zq7 onload=alert(1)>,\'zq7\n',
    "the same column twice": b"role,role,Role,ROLE\nx,y,z,w\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "a zip": b"PK\x03\x04" + b"\x00" * 100,
    "YAML that says its own name": b"- &a [*a]\n- *b\n<<: *a\n",
    "YAML that grows": b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(50)),
    "YAML that runs": b"!!python/object/apply:os.system ['zq7']\n",
    "YAML with half of a pair": b'settings:\n  - role: "\\ud800<zq7>"\n    "\\0": "\\x00"\n',
    "YAML, deep": b"[" * 5_000,
    "YAML of other things": b"settings: 7\nroles: {x: [1, 2.5, 2026-11-24, ~, yes]}\n",
    "JSON": b'{"zq7": [1e400, NaN, "\\u0000"]}',
}
FILE_NAMES = ("zq7.csv", "../../zq7.csv", "<zq7>.csv", "zq7\x00.csv", "x" * 300 + ".csv", "zq7.yaml", ".", "")


@dataclass(frozen=True)
class File:
    name: str
    content: bytes


# ---- Bodies that are no forms, and headers -----------------------------------------------------------------

_FORM = "application/x-www-form-urlencoded"
_PART = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
BODIES = {
    "nothing": (_FORM, b""),
    "no content type": ("", b"name=<zq7>"),
    "JSON": ("application/json", b'{"name": "zq7", "pick": [1, {}]}'),
    "broken JSON": ("application/json", b'{"name": '),
    "XML": ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    "plain text": ("text/plain; charset=utf-7", b"name=+ADw-zq7+AD4-"),
    "a form in UTF-16": (f"{_FORM}; charset=utf-16", "name=<zq7>".encode("utf-16")),
    "a form in no charset": (f"{_FORM}; charset=zq7", b"name=<zq7>"),
    "a form in zlib": (f"{_FORM}; charset=zlib", b"name=<zq7>"),
    "escapes that are none": (_FORM, b"name=%&reason=%zz&pick=%ff%fe%ed%a0%80&=&&&=x"),
    "too many fields": (_FORM, b"&".join(b"x%d=" % number for number in range(1_200))),
    "too much": (_FORM, b"name=" + b"x" * 2_700_000),
    "a thousand of one": (_FORM, b"&".join([b"pick=" + str(NOTHING).encode()] * 990)),
    "names like arrays": (_FORM, b"name[]=<zq7>&pick[0]=x&name%00=x&__proto__=x&csrfmiddlewaretoken=x"),
    "multipart without boundary": ("multipart/form-data", _PART % (b"name", b"<zq7>")),
    "multipart with a long boundary": (f"multipart/form-data; boundary={'b' * 500}", b"<zq7>"),
    "multipart with another boundary": ("multipart/form-data; boundary=c", _PART % (b"name", b"<zq7>")),
    "multipart that breaks off": ("multipart/form-data; boundary=b", _PART[:60]),
    "multipart, not UTF-8": ("multipart/form-data; boundary=b", _PART % (b"\xff", b"\xff\xfe") + b"--b--"),
    "multipart in idna": ("multipart/form-data; boundary=b; charset=idna", _PART % (b"name", b"\xff")),
    "multipart in bad base64": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n%%%\r\n--b--\r\n",
    ),
    "multipart with a huge header": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\nx\r\n--b--\r\n' % (b"n" * 20_000),
    ),
    "multipart with too many files": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n' * 120 + b"--b--\r\n",
    ),
    "multipart with NUL": (
        "multipart/form-data; boundary=b",
        _PART % (b"na\x00me", b"z\x00q7") + b"--b--\r\n",
    ),
    "bytes": ("application/octet-stream", bytes(range(256))),
}

HEADERS = {
    "another host": {"HTTP_HOST": "evil.example"},
    "a host that is none": {"HTTP_HOST": "a b\x00@:zq7"},
    "forwarded": {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_FOR": "zq7, ::1, 999.1.1.1"},
    "an address that is none": {"REMOTE_ADDR": "zq7"},
    "no address": {"REMOTE_ADDR": ""},
    "languages": {"HTTP_ACCEPT_LANGUAGE": "zq7;q=1e400, " + "x-" * 3_000},
    "types": {"HTTP_ACCEPT": "\x00/*;q=zq7"},
    "a part of a page": {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "<zq7", "HTTP_HX_CURRENT_URL": "::zq7"},
    "htmx in another charset": {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": "zq7"},
    "a browser": {"HTTP_USER_AGENT": "<zq7>\x00\r\nX: zq7" + "x" * 9_000},
    "cookies": {
        "HTTP_COOKIE": "sessionid=\x00; messages=zq7:zq7; pim_known=zq7:zq7:zq7; csrftoken=" + "x" * 900
    },
    "a session of another kind": {"HTTP_COOKIE": "sessionid=" + "../" * 30},
    "a range": {"HTTP_RANGE": "bytes=9-1, zq7", "HTTP_IF_MODIFIED_SINCE": "zq7", "HTTP_IF_NONE_MATCH": "zq7"},
    "a method in another": {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
    "credentials": {"HTTP_AUTHORIZATION": "Bearer zq7\x00"},
    "a referrer": {"HTTP_REFERER": "https://evil.example/<zq7>", "HTTP_ORIGIN": "null"},
}

METHODS = ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "ZQ7", "post")

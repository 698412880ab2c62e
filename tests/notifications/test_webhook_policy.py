"""Where a webhook may lead."""

from ipaddress import ip_address, ip_network

import pytest

from apps.common.errors import Invalid
from apps.notifications.webhooks.policy import (
    Target,
    refusal_of,
    refusal_to_send,
    require_possible,
    target_of,
)

PRIVATE = [ip_network("10.0.0.0/8"), ip_network("fd00:1::/32")]
HTTPS, HTTP = target_of("https://a.example/"), target_of("http://a.example/")


def addresses(*texts):
    return [ip_address(text) for text in texts]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:10.1.2.3",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2002:a01:203::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_never_reaches_this_machine_or_another_form_of_an_address(address):
    everything = [ip_network("0.0.0.0/0"), ip_network("::/0")]

    assert refusal_of(ip_address(address), everything).startswith("Its host leads to this machine")


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "fd00::1", "2001:db8::1"]
)
def test_reaches_private_networks_only_where_they_are_named(address):
    assert "private network" in refusal_of(ip_address(address), [])
    assert refusal_of(ip_address(address), [ip_network(address)]) == ""


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111"])
def test_reaches_the_world(address):
    assert refusal_of(ip_address(address), []) == ""


def test_refuses_a_name_that_one_refused_address_belongs_to():
    found = addresses("1.1.1.1", "127.0.0.1")

    assert refusal_to_send(HTTPS, found, PRIVATE)
    assert refusal_to_send(HTTPS, found[:1], PRIVATE) == ""


def test_allows_http_in_named_networks_only():
    assert refusal_to_send(HTTP, addresses("10.1.2.3"), PRIVATE) == ""
    assert "Use https" in refusal_to_send(HTTP, addresses("1.1.1.1"), PRIVATE)
    assert "Use https" in refusal_to_send(HTTP, addresses("10.1.2.3", "1.1.1.1"), PRIVATE)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.example", Target("https", "a.example", 443, "/")),
        ("https://A.Example:8443/x/?y=1&z", Target("https", "a.example", 8443, "/x/?y=1&z")),
        ("http://[fd00:1::2]/", Target("http", "fd00:1::2", 80, "/")),
    ],
)
def test_reads_an_address(url, target):
    assert target_of(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "chat.example.com/hook",
        "ftp://a.example/",
        "file:///etc/passwd",
        "https:///hook",
        "https://user:secret@a.example/",
        "https://user@a.example/",
        "https://@a.example/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://[::1/",
        "https://a.example/ x",
        "https://a.example/\r\nX-Evil: 1",
        "https://bücher.example/",
        "https://a.example\\@b.example/",
        "https://a.example/#part",
        "https://a.example/" + "x" * 500,
    ],
)
def test_refuses_what_is_no_address_of_a_web_server(url):
    with pytest.raises(Invalid):
        target_of(url)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]:8443/", "https://192.168.1.1/", "http://1.1.1.1/"]
)
def test_refuses_at_once_numbers_to_which_nothing_is_sent(url):
    with pytest.raises(Invalid):
        require_possible(url, PRIVATE)


def test_leaves_names_for_when_they_are_asked_for():
    require_possible("https://localhost/", [])
    require_possible("http://chat.example.com/", PRIVATE)
    with pytest.raises(Invalid, match="Use https"):
        require_possible("http://chat.example.com/", [])

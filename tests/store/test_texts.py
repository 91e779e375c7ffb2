"""What becomes of the texts of a store."""

from __future__ import annotations

import time

import pytest

from store.texts import hides_password, location, optional_location, value_text


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ("https://ann:TOKEN@github.com/x", "https://ann:***@github.com/x"),
        ("https://:TOKEN@github.com/x", "https://:***@github.com/x"),
        ("see sftp://ann:a@b:c@host, or not", "see sftp://ann:***@host, or not"),
        ("postgresql+psycopg://ann@corp:pw@host/db", "postgresql+psycopg://ann@corp:***@host/db"),
        ('["ssh://a:b@c", "ssh://d:e@f/g"]', '["ssh://a:***@c", "ssh://d:***@f/g"]'),
        ("redis://:pw@host:1/0\nx", "redis://:***@host:1/0\nx"),
    ],
)
def test_a_password_in_a_value_is_hidden(held: str, shown: str) -> None:
    assert value_text(held) == shown
    assert location(held) == shown
    assert hides_password(shown)


@pytest.mark.parametrize(
    "held",
    [
        "",
        "0.1",
        "https://host:80/path@v2",
        "https://host:80/?to=ann:x@host",
        "http://[::1]:80/x@y",
        "git@github.com:x/y.git",
        "ssh://git@github.com/x",
        "https://host:80 and ann@host",
        '{"uri":"https://host:80","by":"ann@host"}',
        "ann:pw@host",
        "a: b://c d@e",
        "s3://bucket/key:1@2",
        "C:\\data@x://",
    ],
)
def test_other_values_stay_as_they_are(held: str) -> None:
    assert value_text(held) == held
    assert not hides_password(held)


def test_what_is_no_text_becomes_one() -> None:
    assert value_text(None) == ""
    assert value_text(b"https://a:b@c") == "https://a:***@c"
    assert value_text(3) == "3"
    assert optional_location(None) is None
    assert location("s3://bucket/x?token=abc") == "s3://bucket/x?token=***"


@pytest.mark.parametrize("part", ["a://b:", "a", "a:", "://", "@", "a://", "a:b@", "a+", "a.-"])
def test_no_value_takes_long(part: str) -> None:
    """Far from a limit of the machine: what takes the square of the length would take minutes."""
    text = f"x://y:z@ {part * 200_000} @"
    begun = time.process_time()
    assert value_text(text).startswith("x://y:***@")
    assert time.process_time() - begun < 5

import pytest

from critics.schema.formats import FORMATS
from critics.schema.patterns import Untranslatable

GOOD = {
    "date-time": ["2024-02-29T12:00:00Z", "1990-12-31T15:59:60-08:00", "2024-01-01t00:00:00.5z"],
    "date": ["2024-02-29", "0000-02-29"],
    "time": ["08:30:06Z", "23:59:60Z"],
    "duration": ["P4DT12H30M5S", "P2W", "PT0S"],
    "email": ["joe@example.com", '"joe bloggs"@example.com', "joe@[127.0.0.1]"],
    "hostname": ["www.example.com", "1host"],
    "ipv4": ["192.168.0.1"],
    "ipv6": ["::1", "::ffff:192.0.2.1"],
    "uri": ["http://foo.bar/?q=Test%20URL", "urn:oasis:names", "mailto:a@b", "http://[::1]/"],
    "uri-reference": ["/abs", "../rel", "#frag", "", "//host/path"],
    "uuid": ["2EB8AA08-AA98-11EA-B4AA-73B441D16380"],
    "json-pointer": ["", "/a~0b", "/a/0"],
    "relative-json-pointer": ["1", "0/foo", "2#"],
    "regex": ["^a+$"],
}
BAD = {
    "date-time": ["2024-02-30T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00"],
    "date": ["2023-02-29", "2024-1-1", "2024-13-01", "\u0662024-01-01"],
    "time": ["24:00:00Z", "12:00:60Z", "12:00:00", "12:00:00+24:00"],
    "duration": ["P", "PT", "P1D2H", "P2S", "PT1D", "4D"],
    "email": ["joe", "@example.com", "joe.@example.com", "a b@example.com", "joe@"],
    "hostname": ["", "-a", "a-", "a..b", "a_b", "x" * 64],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4/8"],
    "ipv6": ["12345::", "::1%eth0", "1:2:3"],
    "uri": ["//foo.bar", "/abs", "http://a b", "bar,\\baz", "http://[::1", "%zz:"],
    "uri-reference": ["\\\\WINDOWS", "#a#b", "1:2/3"],
    "uuid": ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638"],
    "json-pointer": ["a", "/~2", "#/a"],
    "relative-json-pointer": ["-1", "01", "/a"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_takes_what_its_specification_takes(name: str) -> None:
    assert [text for text in GOOD[name] if not FORMATS[name](text)] == []
    assert [text for text in BAD.get(name, []) if FORMATS[name](text)] == []


def test_what_is_not_known_is_not_guessed() -> None:
    with pytest.raises(Untranslatable):
        FORMATS["hostname"]("xn--nxasmq6b")
    with pytest.raises(Untranslatable):
        FORMATS["regex"]("(a)\\1")

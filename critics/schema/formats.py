"""Formats that can be decided, each by its own specification (Validation 2020-12, section 7.3)."""

import ipaddress
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from types import MappingProxyType

from critics.schema.patterns import Untranslatable, compile_pattern

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[zZ]|([+-])([0-9]{2}):([0-9]{2}))"
)
_DURATION = re.compile(
    r"P(?:[0-9]+W|(?=[0-9]|T)(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?"
    r"(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_RELATIVE_POINTER = re.compile(r"(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf'(?P<local>{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*")@(?P<host>.+)')
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_REG_NAME = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_USER = r"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
_AUTHORITY = rf"//{_USER}(?:\[(?P<literal>[^\]]*)\]|{_REG_NAME})(?::[0-9]*)?"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
_ROOTED = rf"(?:{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?|"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:{_ROOTED}{_PCHAR}+(?:/{_PCHAR}*)*|){_TAIL}")
_NO_COLON = _PCHAR.replace(":@", "@")
_RELATIVE = re.compile(rf"{_ROOTED}{_NO_COLON}+(?:/{_PCHAR}*)*|){_TAIL}")
MAX_HOST, MAX_LOCAL = 253, 64


def _is_date(text: str) -> bool:
    """RFC 3339, full-date."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    # RFC 3339 has a year 0; the calendar repeats every 400 years.
    return 1 <= month <= 12 and 1 <= day <= monthrange(year or 400, month)[1]  # noqa: PLR2004  # months


def _is_time(text: str) -> bool:
    """RFC 3339, full-time: a leap second only at 23:59:60 UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    hour, minute, second = (int(found[group]) for group in (1, 2, 3))
    off_hour, off_minute = int(found[5] or 0), int(found[6] or 0)
    if hour > 23 or minute > 59 or off_hour > 23 or off_minute > 59:  # noqa: PLR2004  # a clock
        return False
    sign = -1 if found[4] == "+" else 1
    utc = (hour * 60 + minute + sign * (off_hour * 60 + off_minute)) % 1440
    return second < 60 or (second == 60 and utc == 1439)  # noqa: PLR2004  # a clock


def _is_moment(text: str) -> bool:
    """RFC 3339, date-time."""
    return len(text) > 10 and text[10] in "tT" and _is_date(text[:10]) and _is_time(text[11:])  # noqa: PLR2004  # a date's length


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return text.isascii()


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return text.isascii() and "%" not in text


def _is_hostname(text: str) -> bool:
    """RFC 1123, 2.1; a label of RFC 5890 (`xn--`) is not decided."""
    if len(text) > MAX_HOST or _HOSTNAME.fullmatch(text) is None:
        return False
    if any(label[2:4] == "--" for label in text.split(".")):
        raise Untranslatable("an internationalized label of a host name")
    return True


def _is_email(text: str) -> bool:
    """RFC 5321, 4.1.2, Mailbox."""
    found = _MAILBOX.fullmatch(text)
    if found is None or len(found["local"]) > MAX_LOCAL:
        return False
    host = found["host"]
    if host.startswith("[") and host.endswith("]"):
        inner = host[1:-1]
        return _is_ipv6(inner[5:]) if inner.lower().startswith("ipv6:") else _is_ipv4(inner)
    return _is_hostname(host)


def _is_uri(text: str) -> bool:
    """RFC 3986, URI."""
    return _matches_uri(_URI, text)


def _is_uri_reference(text: str) -> bool:
    """RFC 3986, URI-reference."""
    return _is_uri(text) or _matches_uri(_RELATIVE, text)


def _matches_uri(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.fullmatch(text)
    if found is None:
        return False
    literal = found["literal"]
    return literal is None or _is_ipv6(literal) or literal[:1] in ("v", "V")


def _is_regex(text: str) -> bool:
    """ECMA-262; raises `Untranslatable` where that is not known."""
    return compile_pattern(text) is not None


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "date-time": _is_moment,
        "date": _is_date,
        "time": _is_time,
        "duration": _whole(_DURATION),
        "email": _is_email,
        "hostname": _is_hostname,
        "ipv4": _is_ipv4,
        "ipv6": _is_ipv6,
        "uri": _is_uri,
        "uri-reference": _is_uri_reference,
        "uuid": _whole(_UUID),
        "json-pointer": _whole(_POINTER),
        "relative-json-pointer": _whole(_RELATIVE_POINTER),
        "regex": _is_regex,
    }
)
"""Format to whether a string is of it; other formats are not decided."""

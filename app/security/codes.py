"""Codes of what the gate refuses; `app.codes` explains them with all others."""

from collections.abc import Mapping
from types import MappingProxyType

from app.service_code import ServiceCode

SECURITY_CODES: Mapping[str, ServiceCode] = MappingProxyType(
    {
        "key-missing": ServiceCode(
            "The request has no API key",
            "This service answers only those who show a key. Nothing was spent.",
            "Send `Authorization: Bearer mdl_…` or `x-api-key: mdl_…`; the operator makes keys "
            "with `modulo access new`.",
            401,
        ),
        "key-invalid": ServiceCode(
            "The API key is not valid",
            "The key is none of this service, or was revoked, or has expired. Nothing was spent.",
            "Ask the operator for a key; `modulo access list` shows those there are.",
            401,
        ),
        "scope-missing": ServiceCode(
            "The API key may not do this",
            "Every key has scopes: `solve` starts runs, `check` judges answers for free, "
            "`metrics` reads metrics, `admin` may do everything. Nothing was spent.",
            "Use a key with the scope that `detail` names.",
            403,
        ),
        "key-forbids": ServiceCode(
            "The API key may not have this",
            "A key may be limited to some models, profiles, endpoints and priorities, and one "
            "with a daily budget cannot pass requests through. Nothing was spent.",
            "Ask for something the key may have, or ask the operator for another key.",
            403,
        ),
        "model-unpriced": ServiceCode(
            "The model has no price",
            "The key's daily budget is in dollars, which cannot be counted for a model without a "
            "price. Nothing was spent.",
            "Set `upstream.prices` for the model on the server; 0 is a price, too.",
            403,
        ),
        "key-budget-spent": ServiceCode(
            "The API key has spent its daily budget",
            "What a key may spend per day (UTC) is reserved before a run starts, and too little "
            "is left for one. Nothing was spent by this request.",
            "Wait for the next day, or ask the operator for a larger budget.",
            402,
        ),
        "key-budget-held": ServiceCode(
            "The rest of the API key's budget is held by its runs",
            "Runs under way have reserved what they may spend at most; what they leave comes back "
            "when they end. Nothing was spent by this request.",
            "Try again after the seconds that `Retry-After` names, or give each run a smaller "
            "`budget` (`tokens`, `cost_usd`).",
            429,
        ),
        "rate-limited": ServiceCode(
            "The API key asks too often",
            "A key may have a rate of requests per minute. Nothing was spent.",
            "Try again after the seconds that `Retry-After` names.",
            429,
        ),
        "keys-away": ServiceCode(
            "The API keys cannot be read",
            "The database or the file of the keys does not answer, so nobody can be let in.",
            "Try again after the seconds that `Retry-After` names; the service's log says more.",
            503,
        ),
        "key-unknown": ServiceCode(
            "There is no such API key",
            "No key begins like this.",
            "`modulo access list` shows the keys there are.",
            404,
        ),
        "host-not-allowed": ServiceCode(
            "The service is not known by this name",
            "The request's `Host` is no name of this service. A web page that leads a name of its "
            "own to this machine (DNS rebinding) looks like that.",
            "Ask by an IP address or `localhost`, or add the name to `security.allowed_hosts`.",
            421,
        ),
        "origin-not-allowed": ServiceCode(
            "A foreign web page sent the request",
            "A service that needs no key takes nothing that changes something from pages of other "
            "origins.",
            "Add the page's origin to `security.cors_origins`.",
            403,
        ),
        "head-too-large": ServiceCode(
            "The head of the request is too large",
            "Its headers or its path and query pass `security.header_bytes`, "
            "`security.header_count` or `security.url_bytes`.",
            "Send fewer or shorter headers, or a shorter query.",
            431,
        ),
        "body-too-slow": ServiceCode(
            "The request body came too slowly",
            "The body had not come within `security.body_seconds`. Nothing was spent.",
            "Send it faster, or raise `security.body_seconds` on the server.",
            408,
        ),
    }
)

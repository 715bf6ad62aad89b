"""Every error code of the service, with its HTTP status and its long explanation.

The kernel's and the domains' diagnostic codes live with them; `explain` looks in all places.
Codes are stable: a meaning never changes, a retired code is never used again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.cli.codes import COMMAND_CODES
from app.security.codes import SECURITY_CODES
from app.service_code import ServiceCode
from app.unsupported_codes import UNSUPPORTED_CODES
from critics.codes import KERNEL_CODES, Code
from critics.domain import find_code, find_domain, installed

SERVICE_CODES: Mapping[str, ServiceCode] = MappingProxyType(
    {
        "invalid-json": ServiceCode(
            "The request body is not JSON",
            "The body could not be read as one JSON document: a syntax error, bytes that are not "
            "UTF-8, a key given twice, a number that JSON does not have (`NaN`, `Infinity`), or "
            "deeper nesting than `limits.json_depth`. Nothing was judged and nothing was spent.",
            "Repair the body at the place that `detail` names.",
            400,
        ),
        "invalid-request": ServiceCode(
            "The request does not fit the schema",
            "A field is missing, unknown or of the wrong type. Every fault is listed in `errors` "
            "with its JSON pointer. Nothing was judged and nothing was spent.",
            "Compare the request with the schema and its example at `/docs`.",
            422,
        ),
        "budget-above-cap": ServiceCode(
            "The budget is above this server's cap",
            "The operator caps what one request may spend (`caps.*`). Nothing was spent.",
            "Ask for no more than the cap that `detail` names.",
            422,
        ),
        "invalid-problem": ServiceCode(
            "The problem is not a problem of its domain",
            "The problem's payload was read and found wrong: every fault is listed in `errors` "
            "with its own code and, where there is one, its line and column. Nothing was judged "
            "and nothing was spent.",
            "Repair the problem; the schema and an example are at `/domains/{name}`.",
            422,
        ),
        "run-not-waiting": ServiceCode(
            "The run does not wait for an answer",
            "Only a run in state `needs_input` whose problem was given as text can be answered, "
            "and once for each time that it asks.",
            "Look at `GET /runs/{id}`, or start another run.",
            409,
        ),
        "problem-not-read": ServiceCode(
            "The problem could not be read within its limits",
            "Reading the problem passed the deadline or the memory cap of a worker, or failed in "
            "the domain's own code. Nothing was judged and nothing was spent.",
            "Make the problem smaller, or raise `worker.deadline_s` or `worker.memory_mb`.",
            422,
        ),
        **UNSUPPORTED_CODES,
        "body-too-large": ServiceCode(
            "The request body is too large",
            "The body is longer than `limits.body_bytes`. It was not read to its end.",
            "Send a smaller body, or raise `limits.body_bytes` on the server.",
            413,
        ),
        "media-type-unsupported": ServiceCode(
            "The request body is not declared as JSON",
            "Bodies are JSON documents and say so. Other types are refused, also because a "
            "foreign web page can send them without the browser asking.",
            "Send `Content-Type: application/json`; with curl, use `--json`.",
            415,
        ),
        "not-found": ServiceCode(
            "There is nothing at this path",
            "No route of the service has this path.",
            "See `/docs` for the routes.",
            404,
        ),
        "code-unknown": ServiceCode(
            "There is no such error code",
            "Neither the service nor the kernel nor an installed domain uses this code.",
            "List all codes at `/errors`.",
            404,
        ),
        "method-not-allowed": ServiceCode(
            "The path exists, but not with this method",
            "The `Allow` header names the methods of this path.",
            "Use one of the methods that `Allow` names.",
            405,
        ),
        "request-refused": ServiceCode(
            "The request was refused",
            "The request is not one that HTTP allows here; `detail` says why.",
            "See `/docs` for what each route takes.",
            400,
        ),
        "too-many-runs": ServiceCode(
            "The service is busy",
            "As many runs or checks as the limits allow are under way. Nothing was spent.",
            "Try again after the seconds that `Retry-After` names.",
            429,
        ),
        "shutting-down": ServiceCode(
            "The service is shutting down",
            "The service no longer takes work. Nothing was spent.",
            "Try again after the seconds that `Retry-After` names.",
            503,
        ),
        "database-away": ServiceCode(
            "The database does not answer",
            "Runs are kept in a database that cannot be reached, or whose disk is full. A run that "
            "was accepted before waits for it and loses nothing.",
            "Try again after the seconds that `Retry-After` names; the service's log says more.",
            503,
        ),
        "idempotency-conflict": ServiceCode(
            "The idempotency key was used with another request",
            "A run was started before with the same `Idempotency-Key` and another body. Nothing "
            "was spent by this request.",
            "Send the same body to get the same run, or take a new key.",
            409,
        ),
        "service-unreachable": ServiceCode(
            "The service does not answer",
            "A command asked a running service and got no answer that llm-modulo gives.",
            "Start it with `modulo serve`, or name its address with `--url`.",
            503,
        ),
        "webhook-not-allowed": ServiceCode(
            "The server may not call that address",
            "A request may only name a `webhook` that the operator allows. Nothing was spent.",
            "Ask the operator to add the address to `webhooks.allowed`.",
            422,
        ),
        "response-unknown": ServiceCode(
            "There is no such response",
            "A response is kept as long as the process that answered lives, unless it was asked "
            "for with `store: false`, and is shown only to the key that it was asked for with.",
            "Look at the run behind it: `resp_run_…` is the run `/runs/run_…`.",
            404,
        ),
        "previous-response-not-found": ServiceCode(
            "The response to go on from is not here",
            "`previous_response_id` names a response that is not kept here, or is not over. "
            "Nothing was spent.",
            "Send the conversation itself as `input`.",
            400,
        ),
        "run-unknown": ServiceCode(
            "There is no such run",
            "No run of this id is kept: it never was, was deleted, or is older than what the "
            "service remembers.",
            "List the runs that there are with `GET /runs`.",
            404,
        ),
        "database-in-use": ServiceCode(
            "Another process keeps its runs in this database",
            "A database file belongs to one process, or two would execute the same runs.",
            "Stop the other process, name another file with `MODULO_DATABASE_URL`, or share a "
            "`postgresql://` database.",
            503,
        ),
        "run-unfinished": ServiceCode(
            "The run is not over",
            "Only a run that is over can be deleted, and only such a run has a certificate.",
            "Wait for its end, or cancel it with `POST /runs/{id}/cancel`.",
            409,
        ),
        "read-only": ServiceCode(
            "Journals are only shown",
            "`modulo view` shows the journals of runs that are over. It starts none.",
            "Start it with `modulo serve` or `modulo solve`.",
            409,
        ),
        "run-cancelled": ServiceCode(
            "The run was cancelled",
            "Someone cancelled the run while this request waited for its end. What it had spent "
            "until then is in `usage`.",
            "Start it again if it was not meant to end.",
            409,
        ),
        "profile-unknown": ServiceCode(
            "There is no such profile",
            "The request names a profile that the server's configuration does not have. Nothing "
            "was spent.",
            "Choose one of the profiles that `GET /v1/models` lists before the slash.",
            404,
        ),
        "model-unknown": ServiceCode(
            "There is no such model",
            "Neither the upstream nor a profile lists a model of this name.",
            "Choose one of the models that `GET /v1/models` lists.",
            404,
        ),
        "problem-missing": ServiceCode(
            "The request names a domain and no problem",
            "A domain is to judge the answer, but its problem is neither in `llm_modulo.problem` "
            "nor, where the domain reads it from there, complete in the conversation. Nothing was "
            "spent.",
            "Send `llm_modulo.problem`; the schema of each domain's problems is at "
            "`/domains/{name}`.",
            422,
        ),
        "problem-ambiguous": ServiceCode(
            "The conversation states more than one problem",
            "A problem is taken from the conversation only if there is no doubt which one is "
            "meant; `detail` says what was found. Nothing was spent.",
            "State one problem, or send it as `llm_modulo.problem`.",
            422,
        ),
        "nothing-to-verify": ServiceCode(
            "The request names nothing to verify",
            "This server passes no unverified chat through (`proxy.passthrough` is false). "
            "Nothing was spent.",
            "Name a domain and a problem in `llm_modulo`, or choose a profile.",
            422,
        ),
        "budget-exhausted": ServiceCode(
            "The budget ended before an answer was certified",
            "The model was asked, the critics accepted none of its answers, and the budget is "
            "spent. There is no answer content; what was spent is in `llm_modulo.usage`.",
            "Raise `llm_modulo.budget`, use a stronger model, or read `/runs/{id}`.",
            422,
        ),
        "infeasible": ServiceCode(
            "The problem has no answer",
            "An engine proved that no answer can satisfy the problem; the conflict is in "
            "`llm_modulo.feasibility`.",
            "Change the problem.",
            422,
        ),
        "not-certified": ServiceCode(
            "No answer can be certified",
            "The run ended without a certificate for a reason that asking again cannot change; "
            "`llm_modulo.reason` names it.",
            "Look the reason up at `/errors/{code}`.",
            422,
        ),
        "upstream-none": ServiceCode(
            "There is no model to ask",
            "No upstream is configured, no model server answers on the loopback addresses, and "
            "the embedded model is not installed. Checking answers (`/check`) works all the same.",
            "Set `MODULO_UPSTREAM__BASE_URL` and `MODULO_UPSTREAM__MODEL`, or run "
            "`modulo models pull small`.",
            503,
        ),
        "upstream-unreachable": ServiceCode(
            "The model endpoint cannot be reached",
            "No connection to the upstream came about, retries included.",
            "Check `upstream.base_url` and that the model server runs.",
            502,
        ),
        "upstream-refused": ServiceCode(
            "The model endpoint refused the call",
            "The upstream answered with a 4xx status; its message is in `detail`.",
            "Check `upstream.model`, `upstream.api_key` and the sampling options.",
            502,
        ),
        "upstream-failed": ServiceCode(
            "The model endpoint failed",
            "The upstream answered with a 5xx status, retries included.",
            "Try again later; what was spent is in `usage`.",
            502,
        ),
        "upstream-busy": ServiceCode(
            "The model endpoint refused more calls",
            "The upstream answered 429 (too many requests), retries included.",
            "Try again later; what was spent is in `usage`.",
            502,
        ),
        "upstream-timeout": ServiceCode(
            "The model endpoint did not answer in time",
            "A call passed `upstream.timeout_s`.",
            "Raise `upstream.timeout_s` or use a faster model; what was spent is in `usage`.",
            502,
        ),
        "upstream-suspended": ServiceCode(
            "The model endpoint is left alone for a while",
            "Calls to the upstream failed several times in a row (no connection, 5xx or silence), "
            "so none is made until `breaker.open_s` seconds have passed; this one was not sent.",
            "Try again after `Retry-After` seconds; `/readyz` shows when calls go through again.",
            503,
        ),
        "overloaded": ServiceCode(
            "The service has more work than it can do",
            "The event loop is late, memory is short or too many runs wait (see `[shedding]`). "
            "Nothing was begun or spent.",
            "Try again after `Retry-After` seconds, or run more replicas.",
            429,
        ),
        "upstream-invalid": ServiceCode(
            "The model endpoint's answer cannot be read",
            "The upstream answered with something that is no chat completion.",
            "Check that `upstream.base_url` is an OpenAI-compatible endpoint (it often ends in "
            "`/v1`).",
            502,
        ),
        "internal-error": ServiceCode(
            "The service failed",
            "An error of ours. It is in the service's log under the incident that `detail` names.",
            "Report the incident with the log's lines.",
            500,
        ),
        "weights-unknown": ServiceCode(
            "There is no such embedded model",
            "`modulo models list` shows the models whose weights can be fetched.",
            "Choose one of the names it shows.",
            404,
        ),
        "weights-unreachable": ServiceCode(
            "No source delivers the weights",
            "Every source was tried. What was fetched is kept, and the next try goes on there.",
            "Try again later, or give the file itself with `--gguf`.",
            502,
        ),
        "weights-wrong-hash": ServiceCode(
            "The weights are not the pinned ones",
            "What came has another SHA-256 than the publisher's file. It is not used.",
            "Try again, or get the file from the model's home and give it with `--gguf`.",
            502,
        ),
        "weights-disk-full": ServiceCode(
            "The weights do not fit on the disk",
            "The space is checked before anything is fetched.",
            "Make room, or set `MODULO_MODELS_DIR` to another disk.",
            507,
        ),
        "weights-unwritable": ServiceCode(
            "The weights cannot be written",
            "The models directory does not take files.",
            "Set `MODULO_MODELS_DIR` to a directory that can be written.",
            500,
        ),
        "weights-busy": ServiceCode(
            "The weights are being fetched already",
            "Another process fetches the same weights into the same directory.",
            "Wait for it.",
            503,
        ),
        "certificate-unknown": ServiceCode(
            "There is no such certificate",
            "None of this id is among the latest ones or in the log, or the run ended without one.",
            "Look at the run's `status`; `modulo log show` lists what was issued.",
            404,
        ),
        "settings-invalid": ServiceCode(
            "The configuration cannot be used",
            "A key is unknown or a value does not fit. Settings come from the environment "
            "(`MODULO_*`), then from `modulo.toml`, then from the defaults.",
            "Repair the named key; `modulo config` shows what is resolved from where.",
            500,
        ),
        **SECURITY_CODES,
        **COMMAND_CODES,
    }
)

DOMAIN_STATUS = MappingProxyType({"domain-unknown": 422, "domain-broken": 503})
"""HTTP status of the kernel's errors about a domain."""


def explain(code: str) -> Code | None:
    """Find the long explanation of a code of the service, the kernel or an installed domain."""
    return SERVICE_CODES.get(code) or find_code(code)


def list_codes() -> dict[str, Code]:
    """List every code there is, by name."""
    own = {name for domain in installed() for name in find_domain(domain).codes}
    names = sorted({*SERVICE_CODES, *KERNEL_CODES, *own})
    return {name: code for name in names if (code := explain(name))}

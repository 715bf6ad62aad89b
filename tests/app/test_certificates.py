"""Certificates over HTTP: fetched, proved again, and the keys that sign them."""

import base64
import json

import pytest

from app.log import CertificateLog
from critics.ed25519 import PrivateKey, PublicKey
from critics.envelope import open_envelope
from critics.statement import read_envelope
from critics.verification import Outcome, Signed, verify
from tests.app.conftest import REQUEST, client, make_app
from tests.critics.sealing import seal

pytestmark = pytest.mark.asyncio(loop_scope="module")


ANOTHER = "certificate-about-another"


async def solve(http):
    result = (await http.post("/solve", json=REQUEST)).json()
    assert result["status"] == "certified"
    return result


def altered(envelope):
    payload = base64.b64decode(envelope["payload"]).replace(b'"run_', b'"ran_')
    return {**envelope, "payload": base64.b64encode(payload).decode()}


async def test_a_certificate_is_handed_out_logged_and_fetched_again(pool, tmp_path):
    log = tmp_path / "log.jsonl"
    async with client(make_app(pool, "hello", log={"file": log})) as http:
        result = await solve(http)
        envelope = result["certificate"]
        name = read_envelope(envelope).id
        assert (await http.get(f"/certificates/{name}")).json() == envelope
        assert (await http.get(f"/runs/{result['id']}/certificate")).json() == envelope
    async with client(make_app(pool, "hello", log={"file": log})) as later:
        assert (await later.get(f"/certificates/{name}")).json() == envelope
    (entry,) = CertificateLog(log).read()
    assert entry.certificate == name
    assert CertificateLog(log).audit().intact


async def test_without_a_log_the_latest_are_kept(pool, tmp_path):
    async with client(make_app(pool, "hello", log={"enabled": False})) as http:
        envelope = (await solve(http))["certificate"]
        name = read_envelope(envelope).id
        assert (await http.get(f"/certificates/{name}")).json() == envelope
    assert not list(tmp_path.rglob("certificates.jsonl"))


async def test_a_log_that_cannot_be_written_costs_no_answer(pool, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    async with client(make_app(pool, "hello", log={"file": tmp_path / "file" / "log"})) as http:
        envelope = (await solve(http))["certificate"]
        assert verify(envelope).outcome is Outcome.VERIFIED
        unknown = await http.get("/certificates/cert_01KANW8V8S4Q0Y5J1T3Z9X7C2B")
    assert "not in the log" in caplog.text
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "path", ["/certificates/..%2Fsecret", "/certificates/x", "/runs/x/certificate"]
)
async def test_what_is_not_there_is_not_found(pool, path):
    async with client(make_app(pool, "hello")) as http:
        assert (await http.get(f"/{path}")).status_code == 404


async def test_a_run_without_an_answer_has_no_certificate(pool):
    async with client(make_app(pool, "bye")) as http:
        result = (await http.post("/solve", json=REQUEST)).json()
        response = await http.get(f"/runs/{result['id']}/certificate")
    assert (response.status_code, response.json()["code"]) == (404, "certificate-unknown")
    assert "exhausted" in response.json()["detail"]


async def test_a_certificate_is_proved_again_by_its_issuer_and_by_others(pool):
    async with client(make_app(pool, "hello")) as http:
        envelope = (await solve(http))["certificate"]
        found = (await http.post("/certificates/verify", json={"certificate": envelope})).json()
        (key,) = (await http.get("/keys")).json()
    assert (found["outcome"], found["signed"], found["claim"]) == ("verified", "trusted", "answer")
    assert found["judgement"]["verdict"] == "accepted"
    assert found["certificate"]["candidate"]["text"] == "hello"
    assert (key["keyid"], key["kind"]) == (found["keyid"], "ephemeral")
    public = PublicKey.from_pem(key["public_key"])
    assert verify(envelope, trusted=[public]).signed is Signed.TRUSTED
    async with client(make_app(pool, "hello")) as other:
        found = (await other.post("/certificates/verify", json={"certificate": envelope})).json()
    assert (found["outcome"], found["signed"]) == ("verified", "self")


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        (lambda e: {"certificate": altered(e)}, "refuted", "certificate-signature"),
        (lambda e: {"certificate": altered(e), "signature": False}, "verified", None),
        (lambda e: {"certificate": {**e, "signatures": []}}, "undecided", "certificate-unsigned"),
        (lambda e: {"certificate": {**e, "more": 1}}, "refuted", "certificate-invalid"),
        (lambda _: {"certificate": {}}, "refuted", "certificate-invalid"),
        (lambda e: {"certificate": e, "problem": {"word": "hello"}}, "verified", None),
        (lambda e: {"certificate": e, "answer": "hello"}, "verified", None),
        (lambda e: {"certificate": e, "problem": {"word": "bye"}}, "refuted", ANOTHER),
        (lambda e: {"certificate": e, "answer": "bye"}, "refuted", ANOTHER),
    ],
)  # fmt: skip
async def test_what_becomes_of_an_altered_certificate(pool, change, outcome, code):
    async with client(make_app(pool, "hello")) as http:
        envelope = (await solve(http))["certificate"]
        response = await http.post("/certificates/verify", json=change(envelope))
    found = response.json()
    assert (response.status_code, found["outcome"]) == (200, outcome)
    assert [finding["code"] for finding in found["findings"]] == ([code] if code else [])


async def test_a_configured_key_signs_and_older_ones_are_still_shown(pool, tmp_path):
    new, old = PrivateKey.generate(), PrivateKey.generate()
    (tmp_path / "new.pem").write_text(new.to_pem())
    (tmp_path / "old.pem").write_text(old.public.to_pem())
    keys = {"private_key_file": tmp_path / "new.pem", "public_keys": [tmp_path / "old.pem"]}
    async with client(make_app(pool, "hello", keys={"private_key": old.to_pem()})) as http:
        before = (await solve(http))["certificate"]
    async with client(make_app(pool, "hello", keys=keys)) as http:
        after = (await solve(http))["certificate"]
        shown = (await http.get("/keys")).json()
        found = (await http.post("/certificates/verify", json={"certificate": before})).json()
    assert [(key["keyid"], key["kind"]) for key in shown] == [
        (new.public.keyid, "configured"),
        (old.public.keyid, "older"),
    ]
    assert found["signed"] == "trusted"
    assert verify(after, trusted=[new.public]).outcome is Outcome.VERIFIED
    certificate = read_envelope(after)
    assert certificate.signer.kind == "configured"
    private = "".join(new.to_pem().splitlines()[1:-1])
    assert private not in json.dumps([after, shown])


@pytest.mark.parametrize("value", [b"1e999", *(b"[" * n + b"]" * n for n in (70, 253, 255, 5000))])
async def test_no_recorded_value_brings_the_route_down(pool, value):
    async with client(make_app(pool, "hello", log={"enabled": False})) as http:
        statement = open_envelope((await solve(http))["certificate"]).payload
        for place in (b'"usage":{', b'"limits":{'):
            odd = seal(statement.replace(place, place + b'"odd":' + value + b","))
            answered = await http.post("/certificates/verify", json={"certificate": odd})
            assert answered.status_code == 200
            assert answered.json()["findings"][0]["code"] == "certificate-invalid"

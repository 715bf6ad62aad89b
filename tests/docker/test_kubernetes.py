"""The manifests in docker/k8s/: shut in like the containers, and made of real settings."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docker.configured import DOCKER, configure, read_yaml

K8S = DOCKER / "k8s"
FILES = sorted([*K8S.glob("*.yaml"), *K8S.glob("optional/*.yaml")])
MANIFESTS = [m for file in FILES for m in read_yaml(str(file.relative_to(DOCKER)))]
NAME = "llm-modulo"
LABELS = {"app.kubernetes.io/name": NAME}


def find(kind: str) -> dict:
    """Find the only manifest of a kind."""
    [found] = [manifest for manifest in MANIFESTS if manifest["kind"] == kind]
    return found


POD = find("Deployment")["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]


def test_the_pod_is_nobody_and_can_write_nothing_but_its_volumes():
    pod, container = POD["spec"]["securityContext"], CONTAINER["securityContext"]
    assert (pod["runAsNonRoot"], pod["runAsUser"]) == (True, 10001)
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["readOnlyRootFilesystem"] is True
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert POD["spec"]["automountServiceAccountToken"] is False
    mounts = {mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
    assert {"/data", "/tmp"} <= mounts  # noqa: S108  # the container's


def test_it_has_probes_requests_and_limits():
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = CONTAINER[probe]["httpGet"]
        assert (asked["path"], asked["port"]) == ("/healthz", CONTAINER["ports"][0]["name"])
        assert "httpHeaders" not in asked  # by its address, which no `Host` check refuses
    for bound in ("requests", "limits"):
        assert set(CONTAINER["resources"][bound]) == {"cpu", "memory"}


def test_variables_are_settings_and_the_service_wants_keys(monkeypatch):
    secret = find("Secret")["stringData"]
    variables = dict(find("ConfigMap")["data"])
    for variable in CONTAINER["env"]:
        named = variable["valueFrom"]["secretKeyRef"]
        assert named["name"] == find("Secret")["metadata"]["name"]
        variables[variable["name"]] = secret[named["key"]]
    settings = configure(monkeypatch, variables)
    assert settings.security.auth == "keys"
    assert settings.keys.private_key_file == Path("/etc/llm-modulo/signing-key.pem")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value().startswith("postgresql://")


def test_the_signing_key_lies_where_it_is_looked_for():
    [volume] = [v for v in POD["spec"]["volumes"] if v["name"] == "signing-key"]
    [mount] = [m for m in CONTAINER["volumeMounts"] if m["name"] == "signing-key"]
    [item] = volume["secret"]["items"]
    assert mount["readOnly"] is True
    assert item["key"] in find("Secret")["stringData"]
    named = find("ConfigMap")["data"]["MODULO_KEYS__PRIVATE_KEY_FILE"]
    assert f"{mount['mountPath']}/{item['path']}" == named


def test_every_mount_has_its_volume():
    volumes = [volume["name"] for volume in POD["spec"]["volumes"]]
    assert sorted(volumes) == sorted(mount["name"] for mount in CONTAINER["volumeMounts"])


def test_what_selects_the_pods_finds_them():
    assert POD["metadata"]["labels"] == LABELS
    assert find("Deployment")["spec"]["selector"]["matchLabels"] == LABELS
    assert find("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == LABELS
    assert find("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == LABELS
    assert find("ServiceMonitor")["spec"]["selector"]["matchLabels"] == LABELS
    service = find("Service")["spec"]
    assert service["selector"] == LABELS
    assert service["ports"][0]["targetPort"] == CONTAINER["ports"][0]["name"]
    target = find("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", NAME)


def test_a_service_cannot_inject_variables_and_a_pod_has_time_to_hand_over():
    assert POD["spec"]["enableServiceLinks"] is False
    wait = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    assert POD["spec"]["terminationGracePeriodSeconds"] >= wait + 30


def test_what_is_a_template_is_not_applied_with_the_rest():
    applied = {m["kind"] for file in K8S.glob("*.yaml") for m in read_yaml(f"k8s/{file.name}")}
    assert not applied & {"Secret", "ServiceMonitor", "HorizontalPodAutoscaler"}


@pytest.mark.docker
def test_the_manifests_follow_kubernetes_schemas():
    beside = Path(sys.prefix).with_name(".venv-kubernetes") / "bin" / "kubernetes-validate"
    program = shutil.which("kubernetes-validate") or (str(beside) if beside.exists() else None)
    if program is None:
        pytest.skip("no kubernetes-validate: `make test-docker` installs it")
    done = subprocess.run(
        [program, "--strict", *map(str, FILES)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("passed for resource") == len(FILES) - 1  # all but the operator's own kind

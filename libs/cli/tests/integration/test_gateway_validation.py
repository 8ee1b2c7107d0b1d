"""Envoy itself accepts what is rendered, and uses nothing that it is about to drop."""

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from openward_cli.discovery import Provider
from openward_cli.gateway import Address, Edge, Pages, Tls, deprecations, render_for
from openward_cli.stack import REPOSITORY, Service


def certificate(folder: Path) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "openward.example.test")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    tls = Tls(folder / "tls.crt", folder / "tls.key")
    tls.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    tls.key.write_bytes(key.private_bytes(pem, pkcs8, unencrypted))
    return tls


def local(_: Path) -> dict[str, Any]:
    provider = Provider("http://127.0.0.1:8201", "http://127.0.0.1:8201/jwks", "a", "t")
    replicas = {s: (Address("127.0.0.1", 8101), Address("127.0.0.1", 8111)) for s in Service}
    return {"provider": provider, "replicas": replicas}


def container(folder: Path) -> dict[str, Any]:
    provider = Provider("https://id.example.test", "https://id.example.test/certs", "a", "t")
    replicas = {service: (Address(service, 8000),) for service in Service}
    return {"provider": provider, "replicas": replicas, "tls": certificate(folder), "trusted_hops": 1}


@pytest.mark.parametrize("place", [local, container])
def test_envoy_accepts_the_configuration_without_a_word_of_deprecation(tmp_path: Path, place: Any) -> None:
    pages = Pages(
        swagger=REPOSITORY / "node_modules" / "swagger-ui-dist",
        reference=REPOSITORY / "infra" / "gateway" / "docs",
        documents=REPOSITORY / "docs",
        names=(),
    )
    edge = Edge(
        bind="127.0.0.1",
        port=8080,
        admin_port=8081,
        public_url="https://openward.example.test",
        domains=("openward.example.test",),
        origins=(),
        pages=pages,
        **place(tmp_path),
    )
    file = tmp_path / "envoy.yaml"
    file.write_text(render_for(edge))

    envoy = Path(sys.executable).with_name("envoy")
    ran = subprocess.run(
        [envoy, "--mode", "validate", "-c", file], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert deprecations(ran.stdout + ran.stderr) == []

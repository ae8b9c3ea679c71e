"""deploy/dev-ca: what it issues is what the gateway asks for, and what it revokes is on the CRL."""
import datetime
import pathlib
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

ROOT = pathlib.Path(__file__).resolve().parents[3]
CLIENTS = ["registry-backend", "officer-1", "officer-2", "auditor-1", "custodian-1", "operator-1"]


def dev_ca(folder, *arguments, check=True):
    return subprocess.run([ROOT / "deploy" / "dev-ca", folder, *arguments], check=check, capture_output=True, text=True)


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca")
    dev_ca(folder, "init")
    return folder


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_clients_carry_their_name_as_uri(ca):
    for name in CLIENTS:
        made = certificate(ca / f"{name}.pem")
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"urn:sluis:{name}"]
        usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
        assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert isinstance(made.public_key().curve, ec.SECP256R1)


def test_server_is_localhost_and_from_the_other_ca(ca):
    made = certificate(ca / "server.pem")
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    verify = ["openssl", "verify", "-purpose", "sslserver", "-CAfile"]
    assert subprocess.run([*verify, ca / "server-ca.pem", ca / "server.pem"], check=False).returncode == 0
    assert subprocess.run([*verify, ca / "client-ca.pem", ca / "server.pem"], check=False).returncode != 0


def test_private_keys_are_for_the_owner_alone(ca):
    keys = list(ca.rglob("*.key"))
    assert len(keys) == len(CLIENTS) + 3
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key


def test_init_and_issue_again_change_nothing(ca):
    before = {p: p.read_bytes() for p in ca.rglob("*") if p.is_file()}
    dev_ca(ca, "init")
    dev_ca(ca, "issue", "auditor-1")
    assert {p: p.read_bytes() for p in ca.rglob("*") if p.is_file()} == before


def test_revoked_certificates_are_on_the_crl(ca):
    dev_ca(ca, "issue", "leaver")
    made = certificate(ca / "leaver.pem")
    crl = x509.load_pem_x509_crl((ca / "client-ca.crl.pem").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(made.serial_number) is None
    dev_ca(ca, "revoke", "leaver")
    dev_ca(ca, "revoke", "leaver")
    crl = x509.load_pem_x509_crl((ca / "client-ca.crl.pem").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(made.serial_number) is not None
    assert crl.is_signature_valid(certificate(ca / "client-ca.pem").public_key())
    other = certificate(ca / "officer-1.pem")
    assert crl.get_revoked_certificate_by_serial_number(other.serial_number) is None


def test_a_period_in_the_past_can_be_issued(ca):
    dev_ca(ca, "issue", "expired", "--from", "20200101000000Z", "--until", "20200201000000Z")
    assert certificate(ca / "expired.pem").not_valid_after < datetime.datetime(2020, 3, 1)


@pytest.mark.parametrize("name", ["../escape", "a/b", "a b", ""])
def test_odd_names_are_refused(ca, name):
    assert dev_ca(ca, "issue", name, check=False).returncode != 0
    assert not (ca.parent / "escape.pem").exists()


def test_issue_without_a_ca_says_what_to_do(tmp_path):
    done = dev_ca(tmp_path / "empty", "issue", "somebody", check=False)
    assert done.returncode != 0
    assert "init" in done.stderr

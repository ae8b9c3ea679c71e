"""A public key infrastructure for tests: CAs, certificates of any kind of wrongness, revocation lists.

Keys are P-256. Everything is written as PEM into one folder: NAME.pem, NAME.key, NAME.crl.pem.
"""

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.utcnow()


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sluis tests"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Pki:
    def __init__(self, folder):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, data, mode=0o644):
        descriptor = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)

    def _write_pair(self, name, certificate, key, chain=()):
        pem = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (certificate, *chain))
        self._write(name + ".pem", pem)
        self._write(name + ".key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                     serialization.NoEncryption()), 0o600)

    def ca(self, name, parent=None):
        return Authority(self, name, parent)


class Authority:
    """One CA. issue() makes certificates, revoke() and write_crl() revocation lists."""

    def __init__(self, pki, name, parent=None):
        self.pki, self.name, self.parent = pki, name, parent
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.revoked = []
        issuer, signer = (parent.certificate.subject, parent.key) if parent else (_name(name), self.key)
        builder = (x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now() - DAY).not_valid_after(now() + 365 * DAY)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                   .add_extension(x509.KeyUsage(digital_signature=False, content_commitment=False,
                                                key_encipherment=False, data_encipherment=False, key_agreement=False,
                                                key_cert_sign=True, crl_sign=True, encipher_only=False,
                                                decipher_only=False), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False))
        self.certificate = builder.sign(signer, hashes.SHA256())
        pki._write_pair(name, self.certificate, self.key)
        self.write_crl()

    def issue(self, name, uris=(), server=False, begins=None, ends=None, with_chain=False):
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        if server:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (x509.CertificateBuilder().subject_name(_name(name)).issuer_name(self.certificate.subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(begins or now() - DAY).not_valid_after(ends or now() + 30 * DAY)
                   .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                   .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                                  critical=False))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        self.pki._write_pair(name, certificate, key, [self.certificate] if with_chain else [])
        return certificate

    def revoke(self, certificate):
        self.revoked.append(certificate.serial_number)
        self.write_crl()

    def write_crl(self, ends=None):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
                   .last_update(now() - DAY).next_update(ends or now() + 30 * DAY))
        for serial in self.revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial)
                                                      .revocation_date(now() - datetime.timedelta(hours=1)).build())
        crl = builder.sign(self.key, hashes.SHA256())
        self.pki._write(self.name + ".crl.pem", crl.public_bytes(serialization.Encoding.PEM))

"""deploy/import-transit-key: keys as other engines export them, and what those engines made with them."""
import hashlib
import hmac
import json
import os
import pathlib
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from transit import Transit, b64

ROOT = pathlib.Path(__file__).resolve().parents[3]
MESSAGE = "Zoë de Vries".encode()
AEADS = {"aes128-gcm96": (AESGCM, 16), "aes256-gcm96": (AESGCM, 32), "chacha20-poly1305": (ChaCha20Poly1305, 32)}
CURVES = {"ecdsa-p256": ec.SECP256R1, "ecdsa-p384": ec.SECP384R1, "ecdsa-p521": ec.SECP521R1}


@pytest.fixture(scope="module")
def officer(gateway):
    gateway.write("officer-1.toml", f'url = "https://127.0.0.1:{gateway.port}"\ncertificate = "ca/officer-1.pem"\n'
                                    'key = "ca/officer-1.key"\nca = "ca/server-ca.pem"\n')
    return Transit(gateway, "officer-1")


@pytest.fixture(scope="module")
def backend(gateway):
    return Transit(gateway)


def export(name, kind, keys):
    """The answer to export/…, as `vault read -format=json` prints it. `keys`: {version: text}"""
    return json.dumps({"request_id": "x", "lease_id": "", "lease_duration": 0, "renewable": False, "warnings": None,
                       "data": {"keys": {str(version): text for version, text in keys.items()}, "name": name, "type": kind}})


def import_key(gateway, text, *options, status=0):
    done = subprocess.run([ROOT / "deploy" / "import-transit-key", "--profile", gateway.path("officer-1.toml"), *options],
                          input=text, capture_output=True, text=True, check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout + done.stderr


def seal(kind, key, version, plaintext, aad=None):
    nonce = os.urandom(12)
    return f"vault:v{version}:" + b64(nonce + AEADS[kind][0](key).encrypt(nonce, plaintext, aad))


def pem(key, form=serialization.PrivateFormat.TraditionalOpenSSL):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize("kind", AEADS)
def test_ciphertexts_open_as_they_are(gateway, officer, backend, kind):
    name = f"moved-{kind}"
    keys = {version: os.urandom(AEADS[kind][1]) for version in (1, 2, 3)}
    import_key(gateway, export(name, kind, {version: b64(key) for version, key in keys.items()}))
    for version, key in keys.items():
        for aad in (None, b"row 7"):
            body = {"ciphertext": seal(kind, key, version, MESSAGE, aad)}
            body |= {"associated_data": b64(aad)} if aad else {}
            assert backend("POST", f"decrypt/{name}", body)["plaintext"] == b64(MESSAGE)
    old = seal(kind, keys[1], 1, MESSAGE)
    assert officer("POST", f"keys/{name}/rotate")["latest_version"] == 4
    moved = backend("POST", f"rewrap/{name}", {"ciphertext": old})
    assert moved["key_version"] == 4
    assert backend("POST", f"decrypt/{name}", {"ciphertext": moved["ciphertext"]})["plaintext"] == b64(MESSAGE)
    assert officer("GET", f"keys/{name}")["exportable"] is False


def test_derived_and_convergent_keys(gateway, backend, officer):
    key, context = os.urandom(32), b"registry/2026"
    import_key(gateway, export("convergent", "aes256-gcm96", {1: b64(key)}), "--derived", "--name", "moved-convergent")
    derived = HKDF(hashes.SHA256(), 64, None, context).derive(key)
    nonce = hmac.new(derived[32:], MESSAGE, hashlib.sha256).digest()[:12]
    ciphertext = "vault:v1:" + b64(nonce + AESGCM(derived[:32]).encrypt(nonce, MESSAGE, None))
    body = {"ciphertext": ciphertext, "context": b64(context)}
    assert backend("POST", "decrypt/moved-convergent", body)["plaintext"] == b64(MESSAGE)
    assert officer("GET", "keys/moved-convergent")["derived"] is True


def test_versions_that_are_gone(gateway, officer, backend):
    keys = {version: os.urandom(32) for version in (4, 5)}
    out = import_key(gateway, export("trimmed", "aes256-gcm96", {version: b64(key) for version, key in keys.items()}))
    assert out.count("filled with a key of nobody") == 3
    info = officer("GET", "keys/trimmed")
    assert (info["latest_version"], info["min_decryption_version"]) == (5, 4)
    for version, key in keys.items():
        body = {"ciphertext": seal("aes256-gcm96", key, version, MESSAGE)}
        assert backend("POST", "decrypt/trimmed", body)["plaintext"] == b64(MESSAGE)


@pytest.mark.parametrize("form", ["seed and public key", "seed"])
def test_ed25519(gateway, backend, officer, form):
    name = "moved-ed25519-" + form[-4:].strip()
    officer("GET", "wrapping_key")
    keys = [ed25519.Ed25519PrivateKey.generate() for _ in range(2)]
    raw = [key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()) for key in keys]
    public = [key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw) for key in keys]
    texts = {i + 1: b64(raw[i] + (public[i] if form != "seed" else b"")) for i in range(2)}
    import_key(gateway, export(name, "ed25519", texts))
    for i, key in enumerate(keys):
        body = {"input": b64(MESSAGE), "signature": f"vault:v{i + 1}:" + b64(key.sign(MESSAGE))}
        assert backend("POST", f"verify/{name}", body) == {"valid": True}
        assert backend("GET", f"keys/{name}")["keys"][str(i + 1)]["public_key"] == b64(public[i])


@pytest.mark.parametrize("kind", CURVES)
def test_ecdsa(gateway, backend, officer, kind):
    key = ec.generate_private_key(CURVES[kind]())
    officer("GET", "wrapping_key")
    import_key(gateway, export(f"moved-{kind}", kind, {1: pem(key)}))
    body = {"input": b64(MESSAGE), "signature": "vault:v1:" + b64(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))}
    assert backend("POST", f"verify/moved-{kind}", body) == {"valid": True}


@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8"])
def test_rsa(gateway, backend, officer, form):
    name = f"moved-rsa-{form.lower()}"
    key = rsa.generate_private_key(65537, 2048)
    officer("GET", "wrapping_key")
    import_key(gateway, export(name, "rsa-2048", {1: pem(key, serialization.PrivateFormat[form])}))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    body = {"ciphertext": "vault:v1:" + b64(key.public_key().encrypt(MESSAGE, oaep))}
    assert backend("POST", f"decrypt/{name}", body)["plaintext"] == b64(MESSAGE)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    body = {"input": b64(MESSAGE), "signature": "vault:v1:" + b64(key.sign(MESSAGE, pss, hashes.SHA256()))}
    assert backend("POST", f"verify/{name}", body) == {"valid": True}


def test_hmac_keys(gateway, backend, officer):
    key = os.urandom(48)
    officer("GET", "wrapping_key")
    import_key(gateway, export("moved-hmac", "hmac", {1: b64(key)}))
    body = {"input": b64(MESSAGE), "hmac": "vault:v1:" + b64(hmac.new(key, MESSAGE, hashlib.sha256).digest())}
    assert backend("POST", "verify/moved-hmac", body) == {"valid": True}


def test_options(gateway, officer):
    import_key(gateway, export("plain", "aes256-gcm96", {1: b64(os.urandom(32))}), "--exportable", "--fixed", "--name", "options")
    info = officer("GET", "keys/options")
    assert info["exportable"] is True and info["imported_key_allow_rotation"] is False


def test_refusals(gateway, officer):
    good = export("refused", "aes256-gcm96", {1: b64(os.urandom(32))})
    assert "imported as refused" in import_key(gateway, good, "--dry-run")
    officer("GET", "keys/refused", status=404)
    import_key(gateway, good)
    assert "there is a key refused already" in import_key(gateway, good, status=1)
    assert "are missing" in import_key(gateway, export("x", "aes256-gcm96", {1: "", 3: ""}), status=1)
    assert "cannot be imported" in import_key(gateway, export("x", "ml-dsa", {1: ""}), status=1)
    assert "400" in import_key(gateway, export("x", "aes256-gcm96", {1: b64(b"short")}), status=1)
    import_key(gateway, "{", status=1)
    import_key(gateway, "{}", status=1)

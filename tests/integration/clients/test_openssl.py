"""Exported key material of every type works with the OpenSSL command line, and what that makes works with Sluis."""
import os
import subprocess

import pytest
from transit import Transit, b64, unb64

MESSAGE = "diploma d-0000000042: Zoë de Vries".encode()
CURVES = {"ecdsa-p256": "P-256", "ecdsa-p384": "P-384", "ecdsa-p521": "P-521"}
RSAS = ["rsa-2048", "rsa-3072", "rsa-4096"]


@pytest.fixture(scope="module")
def officer(gateway):
    return Transit(gateway, "officer-1")


@pytest.fixture(scope="module")
def backend(gateway):
    return Transit(gateway)


@pytest.fixture(scope="module")
def key_of(officer):
    made = {}

    def key_of(kind):
        if kind not in made:
            made[kind] = f"openssl-{kind}"
            officer("POST", f"keys/{made[kind]}", {"type": kind, "exportable": True, **({"key_size": 40} if kind == "hmac" else {})})
        return made[kind]

    return key_of


def openssl(*arguments, given=b"", folder=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=False, cwd=folder)
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout


def xored_words(block, state):
    """A block of ChaCha20 less its first state, word by word."""
    words = [int.from_bytes(block[i:i + 4], "little") for i in range(0, 64, 4)]
    start = [int.from_bytes(state[i:i + 4], "little") for i in range(0, 64, 4)]
    return [((a - b) % 2**32).to_bytes(4, "little") for a, b in zip(words, start)]


def stream(kind, key, nonce, data):
    """The stream cipher inside the AEAD: openssl-enc does not do AEADs."""
    if kind.startswith("aes"):  # SP 800-38D section 7.1: encryption begins with the second counter block
        return openssl("enc", f"-aes-{len(key) * 8}-ctr", "-K", key.hex(), "-iv", (nonce + bytes([0, 0, 0, 2])).hex(), given=data)
    if kind.startswith("xchacha"):  # draft-irtf-cfrg-xchacha section 2.2
        block = openssl("enc", "-chacha20", "-K", key.hex(), "-iv", nonce[:16].hex(), given=bytes(64))
        words = xored_words(block, b"expand 32-byte k" + key + nonce[:16])
        key, nonce = b"".join(words[:4] + words[12:]), bytes(4) + nonce[16:]
    return openssl("enc", "-chacha20", "-K", key.hex(), "-iv", (bytes([1, 0, 0, 0]) + nonce).hex(), given=data)


@pytest.mark.parametrize("kind", ["aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"])
def test_symmetric(backend, officer, key_of, kind):
    name = key_of(kind)
    key = unb64(officer("GET", f"export/encryption-key/{name}")["keys"]["1"])
    sealed = backend.body_of(backend("POST", f"encrypt/{name}", {"plaintext": b64(MESSAGE)})["ciphertext"])
    size = 24 if kind.startswith("x") else 12
    assert stream(kind, key, sealed[:size], sealed[size:-16]) == MESSAGE


@pytest.mark.parametrize("kind", RSAS)
def test_rsa_encryption(backend, officer, key_of, kind, tmp_path):
    name = key_of(kind)
    (tmp_path / "key.pem").write_text(officer("GET", f"export/encryption-key/{name}")["keys"]["1"])
    (tmp_path / "public.pem").write_text(officer("GET", f"export/public-key/{name}")["keys"]["1"])
    oaep = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"]
    sealed = backend.body_of(backend("POST", f"encrypt/{name}", {"plaintext": b64(MESSAGE)})["ciphertext"])
    assert openssl("pkeyutl", "-decrypt", "-inkey", "key.pem", *oaep, given=sealed, folder=tmp_path) == MESSAGE
    made = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", *oaep, given=MESSAGE, folder=tmp_path)
    assert backend("POST", f"decrypt/{name}", {"ciphertext": "vault:v1:" + b64(made)})["plaintext"] == b64(MESSAGE)


def signing(kind):
    """Options of Transit, of `openssl pkeyutl` for a digest."""
    if kind == "ed25519":
        return {}, ["-rawin"]
    if kind in CURVES:
        return {"hash_algorithm": "sha2-256"}, ["-pkeyopt", "digest:sha256"]
    return ({"hash_algorithm": "sha2-256", "signature_algorithm": "pss", "salt_length": "hash"},
            ["-pkeyopt", "digest:sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"])


@pytest.mark.parametrize("kind", ["ed25519", *CURVES, *RSAS])
@pytest.mark.parametrize("form", ["pem", "der"])
def test_signatures(backend, officer, key_of, kind, form, tmp_path):
    name = key_of(kind)
    options, theirs = signing(kind)
    text = officer("GET", f"export/signing-key/{name}/latest?format={form}")["keys"]["1"]
    (tmp_path / "key").write_bytes(text.encode() if form == "pem" else unb64(text))
    openssl("pkey", "-inform", form.upper(), "-in", "key", "-out", "key.pem", folder=tmp_path)
    assert b"Key is valid" in openssl("pkey", "-in", "key.pem", "-check", "-noout", folder=tmp_path)
    (tmp_path / "public.pem").write_text(officer("GET", f"export/public-key/{name}/latest?format=pem")["keys"]["1"])
    assert openssl("pkey", "-in", "key.pem", "-pubout", folder=tmp_path) == (tmp_path / "public.pem").read_bytes()

    given = MESSAGE if kind == "ed25519" else openssl("dgst", "-sha256", "-binary", given=MESSAGE)
    (tmp_path / "input").write_bytes(given)
    signature = backend("POST", f"sign/{name}", {"input": b64(MESSAGE), **options})["signature"]
    (tmp_path / "signature").write_bytes(backend.body_of(signature))
    assert b"Verified Successfully" in openssl("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-in", "input", "-sigfile",
                                               "signature", *theirs, folder=tmp_path)
    made = openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "input", *theirs, folder=tmp_path)
    ask = {"input": b64(MESSAGE), "signature": "vault:v1:" + b64(made), **options}
    assert backend("POST", f"verify/{name}", ask) == {"valid": True}
    assert backend("POST", f"verify/{name}", {**ask, "input": b64("another")}) == {"valid": False}


@pytest.mark.parametrize("kind", ["hmac", "aes256-gcm96", "ed25519", "rsa-2048"])
@pytest.mark.parametrize("digest", ["sha2-256", "sha2-512", "sha3-384"])
def test_hmacs(backend, officer, key_of, kind, digest):
    name = key_of(kind)
    key = unb64(officer("GET", f"export/hmac-key/{name}")["keys"]["1"])
    mac = backend.body_of(backend("POST", f"hmac/{name}/{digest}", {"input": b64(MESSAGE)})["hmac"])
    theirs = digest.replace("sha2-", "SHA2-").upper()
    assert openssl("mac", "-digest", theirs, "-macopt", f"hexkey:{key.hex()}", "-binary", "HMAC", given=MESSAGE) == mac


def generated(kind, folder):
    """A new key by the command line: what is imported, and its public half."""
    how = {"ed25519": ["ED25519"]}.get(kind) or (["EC", "-pkeyopt", f"ec_paramgen_curve:{CURVES[kind]}"] if kind in CURVES
                                                 else ["RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[4:]}"])
    openssl("genpkey", "-algorithm", *how, "-out", "new.pem", folder=folder)
    der = openssl("pkcs8", "-topk8", "-nocrypt", "-in", "new.pem", "-outform", "DER", folder=folder)
    return der, openssl("pkey", "-in", "new.pem", "-pubout", folder=folder)


@pytest.mark.parametrize("kind", ["ed25519", *CURVES, "rsa-2048"])
def test_keys_by_the_command_line_are_imported(backend, officer, kind, tmp_path):
    der, public = generated(kind, tmp_path)
    (tmp_path / "wrapping.pem").write_text(officer("GET", "wrapping_key")["public_key"])
    ephemeral = os.urandom(32)
    head = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "wrapping.pem", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt",
                   "rsa_oaep_md:sha256", given=ephemeral, folder=tmp_path)
    wrapped = openssl("enc", "-id-aes256-wrap-pad", "-K", ephemeral.hex(), "-iv", "A65959A6", given=der)
    name = f"generated-{kind}"
    officer("POST", f"keys/{name}/import", {"type": kind, "ciphertext": b64(head + wrapped)}, status=204)
    shown = backend("GET", f"export/public-key/{name}/latest?format=pem")["keys"]["1"]
    assert shown.encode() == public

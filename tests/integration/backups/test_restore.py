"""Restoring into an empty store: without a gateway, and into the one that is configured."""
import shutil
import sqlite3
import subprocess

import pytest
from deployment import BIN
from house import house, psql

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def restore(h, manifest):
    return subprocess.run([BIN / "sluisd", "--config", h.deployment.path("sluis.toml"), "--restore", str(manifest)],
                          env=h.deployment.environment, check=False, capture_output=True, text=True)


def lose_store(h):
    if h.kind == "sqlite":
        shutil.rmtree(h.deployment.folder / "store")
        (h.deployment.folder / "store").mkdir(mode=0o700)
    else:
        psql(h.cluster, "drop database sluis (force)", "postgres")
        psql(h.cluster, "create database sluis owner sluis", "postgres")


@BOTH
def test_everything_opens_after_the_store_was_lost(tmp_path, kind):
    with house(tmp_path, kind) as h:
        records = h.put(60)
        generation = h.made()
        later = h.put(5, first=1000)
        assert h.deployment.stop() == 0
        entries_before = h.deployment.verify_log()["entries"]
        lose_store(h)
        manifest = h.folder / generation["id"] / "manifest.json"
        done = restore(h, manifest)
        assert done.returncode == 0, done.stderr
        assert generation["id"] in done.stdout and "60 records" in done.stdout
        again = restore(h, manifest)
        assert again.returncode == 1 and "not empty" in again.stderr
        h.deployment.start()
        h.reads(records)
        gone = h.deployment.client().call("GET", f"/v1/records/diplomas/{later[0]['id']}",
                                          headers={"Sluis-Purpose": "register-maintenance", "Sluis-Case": "C"})
        assert gone.status == 404
        said = [e for e in h.deployment.entries(opened=True) if e["leaf"]["action"] == "backups.restore"]
        assert len(said) == 1 and said[0]["index"] >= entries_before
        detail = said[0]["payload"]["detail"]
        assert generation["id"] in detail and f"had {generation['log']['size']} entries" in detail
        # It is known in the restored store, as what it is; and it is said only once.
        assert h.show(generation["id"])["good"]
        h.deployment.stop()
        h.deployment.start()
        assert len(h.actions("backups.restore")) == 1
        assert h.deployment.verify_log()["good"]
        h.made()


@BOTH
def test_what_was_changed_is_not_restored_and_the_target_stays_empty(tmp_path, kind):
    with house(tmp_path, kind) as h:
        records = h.put(10)
        generation = h.made()
        h.deployment.stop()
        lose_store(h)
        folder = h.folder / generation["id"]
        data, manifest, note = folder / generation["file"], folder / "manifest.json", folder / "manifest.note"
        changes = [(data, lambda b: b[:-3] + bytes([b[-3] ^ 1]) + b[-2:]), (data, lambda b: b[:-1]),
                   (manifest, lambda b: b.replace(b'"1":10', b'"1":11')), (note, lambda b: b[:-10] + b"AAAAAAAA\n\n")]
        for path, change in changes:
            kept = path.read_bytes()
            path.write_bytes(change(kept))
            done = restore(h, manifest)
            assert done.returncode == 1 and "restore:" in done.stderr, (path, done.stdout)
            path.write_bytes(kept)
        if kind == "sqlite":
            assert list((tmp_path / "store").iterdir()) == []
        else:
            assert psql(h.cluster, "select count(*) from pg_tables where schemaname = 'public'") == "0"
        assert restore(h, manifest).returncode == 0
        h.deployment.start()
        h.reads(records)


def test_store_that_a_gateway_has_used_is_not_overwritten(tmp_path):
    with house(tmp_path, "sqlite") as h:
        h.put(3)
        manifest = h.folder / h.made()["id"] / "manifest.json"
        h.deployment.stop()
        before = (tmp_path / "store" / "sluis.db").read_bytes()
        done = restore(h, manifest)
        assert done.returncode == 1 and "not empty" in done.stderr
        assert (tmp_path / "store" / "sluis.db").read_bytes() == before
        lose_store(h)
        h.deployment.sluisd("--migrate")  # made, and empty
        assert restore(h, manifest).returncode == 0


def test_logins_and_requests_of_the_past_do_not_come_back(tmp_path):
    with house(tmp_path, "sqlite") as h:
        token = h.call("POST", "/v1/auth/cert/login", {}, who="registry-backend").json()["auth"]["client_token"]
        head = {"X-Vault-Token": token}
        assert h.call("GET", "/v1/auth/token/lookup-self", who="registry-backend", headers=head).status == 200
        generation = h.made()
        with sqlite3.connect(h.folder / generation["id"] / "store.db") as db:
            assert db.execute("select count(*) from login_tokens").fetchone() == (1,)
        assert h.call("POST", "/v1/auth/token/revoke-self", who="registry-backend", headers=head).status == 204
        h.deployment.stop()
        lose_store(h)
        # The look at it above has left SQLite's own files beside it; the file itself is what was made.
        for end in ("-wal", "-shm"):
            (h.folder / generation["id"] / f"store.db{end}").unlink(missing_ok=True)
        done = restore(h, h.folder / generation["id"] / "manifest.json")
        assert done.returncode == 0, done.stderr
        h.deployment.start()
        assert h.call("GET", "/v1/auth/token/lookup-self", who="registry-backend", headers=head).status == 403


def test_backup_does_not_open_once_its_master_key_is_gone(tmp_path):
    """The facility destroys the master key in the HSM: by trying, not by reading."""
    with house(tmp_path, "sqlite") as h:
        h.put(3)
        generation = h.made()
        h.deployment.stop()
        kept_aside = shutil.copytree(h.folder / generation["id"], tmp_path / "cloud")
        lose_store(h)
        tokens = [p for p in (tmp_path / "hsm" / "tokens").rglob("*.object")]
        pin = (tmp_path / "hsm" / "pin").read_text()
        made = subprocess.run(["pkcs11-tool", "--version"], check=False, capture_output=True) if shutil.which("pkcs11-tool") else None
        if made is None:
            pytest.skip("pkcs11-tool is not installed")
        subprocess.run(["pkcs11-tool", "--module", "/usr/lib/softhsm/libsofthsm2.so", "--login", "--pin", pin, "--token-label",
                        "sluis", "--delete-object", "--type", "secrkey", "--label", "sluis-master-m1"],
                       env=h.deployment.environment, check=True, capture_output=True)
        assert len(list((tmp_path / "hsm" / "tokens").rglob("*.object"))) < len(tokens)
        done = restore(h, kept_aside / "manifest.json")
        assert done.returncode == 1, done.stdout


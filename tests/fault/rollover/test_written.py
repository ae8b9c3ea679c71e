"""Whatever a kill comes between, the log says of each record what is stored: revision and digest."""
import hashlib
import random
import time

from deployment import Deployment, diplomas
from rollovers import ENDED, QUICK, Rows, import_records, show, start, wait

RECORDS, KILLS = 3000, 12


def digests(rows):
    """Id -> (revision, digest) as they are stored."""
    out = {}
    for identity, revision, envelope, open_fields in rows.query("select id, revision, hex(envelope), open_fields from records"):
        sealed, opened = bytes.fromhex(envelope), open_fields.encode()
        text = b"".join(len(part).to_bytes(4, "big") + part for part in (sealed, opened))
        out[identity] = (int(revision), hashlib.sha256(text).hexdigest())
    return out


def test_the_log_knows_every_record_as_it_is(tmp_path):
    chance = random.Random(7)
    deployment = Deployment(tmp_path, options=QUICK).start()
    rows = Rows(deployment)
    import_records(deployment, diplomas(RECORDS))
    job = start(deployment, collection="diplomas", rate=1500)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.5))
        deployment.kill()
        deployment.start()
        if show(deployment, job)["state"] in ENDED:
            job = start(deployment, collection="diplomas", rate=1500)
    assert wait(deployment, job)["state"] == "finished"
    logged = set()
    for entry in deployment.entries(opened=True):
        for written in (entry["payload"] or {}).get("written", []):
            logged.add((written["id"], written["revision"], written["digest"]))
    missing = [identity for identity, (revision, digest) in digests(rows).items() if (identity, revision, digest) not in logged]
    assert not missing, f"{len(missing)} of {RECORDS} are stored in a form that the log does not know: {missing[:5]}"
    assert deployment.stop() == 0

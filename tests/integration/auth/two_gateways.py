"""A second gateway over the store, HSM and certificates of a first one."""
import os

from deployment import Deployment, free_port


def second_gateway(first):
    other = Deployment.__new__(Deployment)
    other.folder = first.folder / "second"
    other.port, other.process, other.environment = free_port(), None, first.environment
    for name in ("audit", "log"):
        (other.folder / name).mkdir(parents=True, mode=0o700)
    for name in ("ca", "hsm", "store", "policy.toml"):
        os.symlink(first.folder / name, other.folder / name)
    config = (first.folder / "sluis.toml").read_text()
    config = config.replace(f"127.0.0.1:{first.port}", f"127.0.0.1:{other.port}").replace("gateway-1", "gateway-2")
    other.write("sluis.toml", config)
    return other

"""nginx as the limit of what a TLS server on this machine can do: one static body, kept-alive connections."""
import contextlib
import os
import shutil

from processes import Failed, free_port, started, wait_for_port

CONFIG = """
worker_processes {workers};
pid {dir}/nginx.pid;
error_log {dir}/nginx-error.log;
{user}
daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  tcp_nodelay on;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3;
    root {dir}/www;
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder, body, certificate, key):
    """Serves `body` (bytes) at /body; gives the port."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not os.path.exists(program):
        raise Failed("nginx is not installed: deploy/install-packages bench")
    www = folder / "www"
    www.mkdir(parents=True, exist_ok=True)
    (www / "body").write_bytes(body)
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(dir=folder, port=port, certificate=certificate, key=key, workers=os.cpu_count(),
                                    user="user root;" if os.getuid() == 0 else ""))
    log = folder / "nginx.log"
    with started([program, "-c", config, "-p", folder, "-e", folder / "nginx-error.log"], log) as process:
        wait_for_port(port, process, folder / "nginx-error.log")
        yield port

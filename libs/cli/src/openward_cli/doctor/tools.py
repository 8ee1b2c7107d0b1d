"""Programs that the clone cannot bring along: Python, Node, npm, Maven and the Java that runs it."""

import re
import shutil
import subprocess
import sys

from openward_cli.doctor.finding import Finding

PYTHON = (3, 11)
NODE = 20
JAVA = 17

GET_NODE = f"install Node {NODE} or newer (apt install nodejs npm, brew install node, or nvm)"
GET_MAVEN = "install Maven (apt install maven, brew install maven)"
GET_JAVA = (
    f"point JAVA_HOME at Java {JAVA} or newer (apt install openjdk-17-jre-headless, brew install openjdk)"
)


def python() -> Finding:
    have = ".".join(str(number) for number in sys.version_info[:3])
    return judge_python(have)


def judge_python(version: str) -> Finding:
    if tuple(int(number) for number in version.split(".")[:2]) < PYTHON:
        return Finding(
            "python", f"{version} is too old", "install 3.11 or newer and name it: make up PYTHON=python3.11"
        )
    return Finding("python", version)


def node() -> Finding:
    return judge_node(_output("node", "--version"))


def judge_node(output: str | None) -> Finding:
    """`output` is that of `node --version`, None when there is no such program."""
    if output is None:
        return Finding("node", "is not there", GET_NODE)
    if not (match := re.match(r"v(\d+)", output)):
        return Finding("node", "does not run", GET_NODE)
    old = int(match[1]) < NODE
    return Finding("node", f"{output} is too old", GET_NODE) if old else Finding("node", output)


def npm() -> Finding:
    output = _output("npm", "--version")
    return Finding("npm", output) if output else Finding("npm", "is not there", GET_NODE)


def maven() -> Finding:
    return judge_maven(_output("mvn", "--version"))


def judge_maven(output: str | None) -> Finding:
    """`output` is that of `mvn --version`, which names the Java too; None when there is no such program."""
    if output is None:
        return Finding("maven", "is not there", GET_MAVEN)
    maven_, java = (
        re.search(r"Apache Maven ([\d.]+)", output),
        re.search(r"Java version: (\d+)(\.(\d+))?", output),
    )
    if not maven_ or not java:
        return Finding("maven", "finds no Java", GET_JAVA)
    # Java 8 calls itself 1.8.
    version = int(java[3] or 0) if java[1] == "1" else int(java[1])
    found = f"{maven_[1]} on Java {version}"
    if version < JAVA:
        return Finding("maven", f"{found}, which is too old", GET_JAVA)
    return Finding("maven", found)


def _output(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    return re.sub(r"\x1b\[[\d;]*m", "", done.stdout).strip()

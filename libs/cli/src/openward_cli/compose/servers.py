"""The servers, each from its official image."""

from openward_cli.compose import images, places
from openward_cli.compose.containers import Container, after, confined, healthy, runs_on
from openward_cli.servers import ehrbase as local_ehrbase
from openward_cli.servers.postgres import SETTINGS
from openward_cli.stack import Service

#: A container's own address and socket; all else is what a local stack has.
_POSTGRES = SETTINGS | {"listen_addresses": "*", "unix_socket_directories": "/var/run/postgresql"}
#: What neither image has is curl or wget; bash reads the status line by itself.
_ASK = (
    "exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET {path} HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\n"
    'Connection: close\\r\\n\\r\\n\' >&3 && read -r line <&3 && [[ $$line == "HTTP/1.1 200"* ]]'
)
_EHRBASE_SECRETS = ("ehrbase.db", "ehrbase_restricted.db", "ehrbase.user", "ehrbase.admin")


def postgres() -> Container:
    return {
        "image": images.postgres(),
        "command": ["postgres", *(word for item in _POSTGRES.items() for word in ("-c", "=".join(item)))],
        "environment": {
            "POSTGRES_PASSWORD_FILE": f"{places.SECRETS}/postgres.password",
            "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C --data-checksums --auth-host=scram-sha-256",
        },
        "secrets": ["postgres.password"],
        "volumes": ["postgres:/var/lib/postgresql"],
        "networks": ["data", "records"],
        "shm_size": "256m",
        **confined(
            user="999:999",
            memory="1g",
            cpus="2",
            tmpfs=("/tmp", "/var/run/postgresql:uid=999,gid=999,mode=0770"),  # noqa: S108
        ),
        # By address: the server that initialises the data folder listens on a socket alone.
        **healthy("CMD", "pg_isready", "--host=127.0.0.1", "--username=postgres", "--quiet"),
        **runs_on(30),
    }


def nats() -> Container:
    return {
        "image": images.nats(),
        "entrypoint": ["nats-server"],
        "command": ["--config", f"{places.NATS_FILES}/nats.conf"],
        "volumes": [f"nats-configuration:{places.NATS_FILES}:ro", f"nats:{places.NATS_DATA}"],
        "networks": ["data"],
        **confined(user=places.USER, memory="512m", cpus="1"),
        # It greets once JetStream has read its store.
        **healthy("CMD-SHELL", f"nc -w 2 127.0.0.1 {places.NATS_PORT} </dev/null | grep -q '^INFO '"),
        **after(done=["configure"]),
        **runs_on(15),
    }


def ehrbase() -> Container:
    password = f"$$(cat {places.SECRETS}/ehrbase.user.password)"
    authorization = f"$$(printf '%s:%s' {local_ehrbase.USER} \"{password}\" | base64 | tr -d '\\n')"
    status = f"http://127.0.0.1:{places.EHRBASE_PORT}/ehrbase/rest/status"
    return {
        "image": images.ehrbase(),
        # The image's own entrypoint would choose the profile, which would take secrets from the environment.
        "entrypoint": ["java", "-Xmx1g", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/ehrbase.jar"],
        "environment": {
            "SPRING_PROFILES_ACTIVE": "openward",
            "SPRING_CONFIG_ADDITIONAL_LOCATION": "file:/etc/openward/",
            "OPENWARD_SECRETS_DIR": str(places.SECRETS),
            "DB_URL": "jdbc:postgresql://{}:{}/ehrbase".format(*places.POSTGRES),
            "SERVER_ADDRESS": "0.0.0.0",  # noqa: S104 - of a container
            "SERVER_PORT": str(places.EHRBASE_PORT),
        },
        "secrets": [f"{name}.password" for name in _EHRBASE_SECRETS],
        "configs": [{"source": "ehrbase", "target": "/etc/openward/application-openward.yml"}],
        "networks": ["records"],
        **confined(user=places.USER, memory="1536m", cpus="2"),
        **healthy(
            "CMD-SHELL",
            f'wget -q -O /dev/null --header "Authorization: Basic {authorization}" {status}',
            start_seconds=120,
        ),
        **after(done=["provision"]),
        **runs_on(30),
    }


def identity() -> Container:
    """Keycloak with the realm that `infra/identity/keycloak` describes."""
    return {
        **images.keycloak(),
        "command": [
            f"--config-file={places.KEYCLOAK_FILES}/keycloak.conf",
            *("start", "--optimized", "--import-realm"),
        ],
        "environment": {
            "KC_HOSTNAME": places.PUBLIC_URL,
            "KC_HTTP_ENABLED": "true",
            "KC_HTTP_PORT": str(places.IDENTITY_PORT),
            "KC_PROXY_HEADERS": "xforwarded",
            "KC_DB_URL": "jdbc:postgresql://{}:{}/keycloak".format(*places.POSTGRES),
            "KC_DB_USERNAME": "keycloak",
            "KC_DB_POOL_MAX_SIZE": "20",
            "KC_CACHE": "local",
        },
        "volumes": [f"keycloak:{places.KEYCLOAK_FILES}:ro"],
        "networks": ["api", "data"],
        **confined(
            user="1000:0",
            memory="1536m",
            cpus="2",
            tmpfs=("/tmp", "/opt/keycloak/data:uid=1000,gid=0,mode=0770"),  # noqa: S108
        ),
        **healthy("CMD", "bash", "-c", _ASK.format(port=9000, path="/health/ready"), start_seconds=180),
        **after(healthy=["postgres"], done=["configure", "provision-identity"]),
        **runs_on(30),
    }


def gateway() -> Container:
    """The only one that is reached from outside."""
    return {
        "image": images.envoy(),
        "entrypoint": ["envoy"],
        "command": [
            *("-c", f"{places.GATEWAY_FILES}/envoy.yaml", "--concurrency", "2"),
            *("--disable-hot-restart", "-l", "warning"),
        ],
        "ports": [f"${{OPENWARD_PUBLISH:-127.0.0.1:8080}}:{places.GATEWAY_PORT}"],
        "volumes": [f"gateway:{places.GATEWAY_FILES}:ro"],
        "networks": ["edge", "api"],
        **confined(user="101:101", memory="768m", cpus="2"),
        **healthy("CMD", "bash", "-c", _ASK.format(port=places.GATEWAY_PORT, path="/healthz")),
        **after(healthy=["identity", *Service], done=["configure"]),
        **runs_on(15),
    }

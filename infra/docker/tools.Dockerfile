# syntax=docker/dockerfile:1
# The `openward` command for the jobs that prepare servers: secrets, configuration, databases, migrations, change capture.
#   docker build -f infra/docker/tools.Dockerfile .
# It looks for the repository's files where they are in a clone, so they lie as they do there.
FROM python:3.11-slim-bookworm AS python
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM node:24-bookworm-slim AS node
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY libs/prisma-engine/package.json libs/prisma-engine/
COPY infra/identity/package.json infra/identity/
COPY infra/gateway/docs/package.json infra/gateway/docs/
# With development packages: Prisma's command line is one.
RUN npm ci --omit=optional

FROM python AS installed
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements/uv.txt requirements/cli.txt requirements/
RUN pip install --require-hashes -r requirements/uv.txt \
    && uv venv /opt/venv \
    && uv pip install --python /opt/venv --require-hashes --compile-bytecode -r requirements/cli.txt

FROM python AS tools
# A volume that is mounted here first takes the folder's owner.
RUN pip uninstall --yes pip setuptools wheel \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin openward \
    && install --directory --owner=openward --group=openward \
        /state/gateway /state/nats-configuration /state/nats /state/keycloak
WORKDIR /opt/openward
COPY --from=installed /opt/venv /opt/venv
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /build/node_modules node_modules
COPY package.json ./
COPY libs/prisma-engine libs/prisma-engine
COPY libs/cli/src libs/cli/src
COPY infra/gateway infra/gateway
COPY infra/identity/users.json infra/identity/
COPY infra/identity/keycloak infra/identity/keycloak
COPY infra/nats infra/nats
COPY infra/postgres infra/postgres
COPY docs/openapi.json docs/asyncapi.json docs/
COPY services/patients/prisma services/patients/prisma
COPY services/clinical/prisma services/clinical/prisma
COPY services/templates/prisma services/templates/prisma
COPY services/audit/prisma services/audit/prisma
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/openward/libs/cli/src HOME=/tmp
USER 10001:10001
ENTRYPOINT ["python", "-m", "openward_cli"]

# syntax=docker/dockerfile:1
# One service: its own code, the two libraries it stands on, and what it runs on, nothing else.
#   docker build -f infra/docker/service.Dockerfile --build-arg SERVICE=patients .
# Stages that the service does not need are not built. Base images are named by tag: docs/guides/compose.md says how a
# release pins them by digest.
ARG SERVICE

FROM python:3.11-slim-bookworm AS python
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM node:24-bookworm-slim AS node
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY libs/prisma-engine/package.json libs/prisma-engine/
COPY infra/identity/package.json infra/identity/
COPY infra/gateway/docs/package.json infra/gateway/docs/

# Prisma's command line, to generate clients.
FROM node AS node-build
RUN npm ci --omit=optional

# What the engine runs on.
FROM node AS node-run
RUN npm ci --omit=dev --omit=optional --workspace=libs/prisma-engine

# The locked packages in an environment of their own; uv and hatchling stay outside of it.
FROM python AS packages
ARG SERVICE
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements/uv.txt requirements/${SERVICE}.txt requirements/
RUN pip install --require-hashes -r requirements/uv.txt \
    && uv venv /opt/venv \
    && uv pip install --python /opt/venv --require-hashes --compile-bytecode -r "requirements/${SERVICE}.txt"
COPY libs/contracts libs/contracts
COPY libs/openehr libs/openehr
COPY libs/servicekit libs/servicekit
COPY services/${SERVICE} services/${SERVICE}

FROM packages AS generated
ARG SERVICE
COPY --from=node-build /usr/local/bin/node /usr/local/bin/node
COPY --from=node-build /build/package.json ./
COPY --from=node-build /build/node_modules node_modules
COPY libs/prisma-engine libs/prisma-engine
COPY infra/postgres/prisma.config.mjs infra/postgres/
COPY libs/cli/src libs/cli/src
RUN PYTHONPATH=libs/cli/src /opt/venv/bin/python -c \
    "import sys; from openward_cli import prisma, stack; prisma.generate(stack.Service(sys.argv[1]))" "${SERVICE}"

# Which of the two a service is made from.
FROM packages AS sources-of-audit
FROM packages AS sources-of-clinical
FROM generated AS sources-of-patients
FROM generated AS sources-of-templates

# hadolint ignore=DL3006
FROM sources-of-${SERVICE} AS installed
ARG SERVICE
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels libs/contracts libs/openehr libs/servicekit "services/${SERVICE}" \
    && uv pip install --python /opt/venv --no-deps --compile-bytecode /wheels/*.whl

FROM python AS runtime
RUN pip uninstall --yes pip setuptools wheel \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin openward

FROM runtime AS runtime-with-engine
ARG SERVICE
COPY --from=node-run /usr/local/bin/node /usr/local/bin/node
COPY --from=node-run /build/node_modules /opt/openward/node_modules
COPY libs/prisma-engine/package.json /opt/openward/libs/prisma-engine/
COPY libs/prisma-engine/src /opt/openward/libs/prisma-engine/src
COPY --from=generated /build/services/${SERVICE}/prisma/client /opt/openward/services/${SERVICE}/prisma/client

FROM runtime AS run-audit
ENTRYPOINT ["python", "-m", "audit"]
FROM runtime AS run-clinical
ENTRYPOINT ["python", "-m", "clinical"]
FROM runtime-with-engine AS run-patients
ENTRYPOINT ["python", "-m", "patients"]
FROM runtime-with-engine AS run-templates
ENTRYPOINT ["python", "-m", "templates"]

# hadolint ignore=DL3006
FROM run-${SERVICE} AS service
COPY --from=installed /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /
USER 10001:10001
# Alive, not ready: a neighbour that is away is no reason to start again.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=5 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen(f\"http://127.0.0.1:{os.environ['OPENWARD_PORT']}/healthz\", timeout=3)"]

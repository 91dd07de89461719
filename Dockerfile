# Dealgate as an image: `docker build -t dealgate .`, and see docs/operations.md for how it is run.
# Everything is installed from wheels, pinned by constraints.txt, in a stage that does not ship.
ARG PYTHON=3.11-slim

FROM python:${PYTHON} AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/dealgate
COPY pyproject.toml constraints.txt README.md LICENSE cli.py ./
COPY rules ./rules
COPY engine ./engine
COPY connectors ./connectors
COPY playbooks ./playbooks
COPY console ./console
COPY web ./web
RUN python -m pip --python /opt/dealgate/bin/python install --no-cache-dir --disable-pip-version-check \
    -c constraints.txt '.[postgresql]'

FROM python:${PYTHON}
RUN groupadd --gid 10001 dealgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dealgate \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/dealgate /opt/dealgate
ENV PATH=/opt/dealgate/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
# The configuration, the store if it is SQLite, and mirrors of CRMs; beside it only /tmp is ever written.
WORKDIR /data
VOLUME /data
EXPOSE 8700
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", \
    "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8700/healthz', timeout=4)"]
ENTRYPOINT ["dealgate"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8700", "--log-format", "json"]

# A worker: the pinned packages first (they change rarely), then the project.
FROM python:3.12-slim
WORKDIR /kairos
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY models models
COPY streams streams
RUN pip install --no-cache-dir --no-deps . \
 && useradd --system --home-dir /var/lib/kairos --create-home kairos
USER kairos
ENV KAIROS_DATA_DIR=/var/lib/kairos
VOLUME /var/lib/kairos
CMD ["faust", "-A", "streams.app", "worker", "-l", "info"]

# Prometheus from Debian's packages, in the place of the published image.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o prometheus /prometheus
USER prometheus
ENTRYPOINT ["prometheus"]

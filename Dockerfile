# One image for every role: web, dispatcher, beat, worker. The command decides.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/production.txt requirements/production.txt
RUN python -m venv /opt/snakeweb \
 && /opt/snakeweb/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/production.txt
COPY . .
RUN /opt/snakeweb/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/snakeweb --create-home snakeweb
COPY --from=build /opt/snakeweb /opt/snakeweb
ENV PATH=/opt/snakeweb/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=snakeweb.settings \
    SNAKEWEB_STATE=/var/lib/snakeweb
USER snakeweb
WORKDIR /var/lib/snakeweb
VOLUME /var/lib/snakeweb
EXPOSE 8000
CMD ["daphne", "--bind", "0.0.0.0", "--port", "8000", "snakeweb.asgi:application"]

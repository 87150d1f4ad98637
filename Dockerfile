# One image, two services: FUNCTION_TARGET=push (default) and FUNCTION_TARGET=dead_letter.
#
#   docker build -t image-translation .
#   docker build -t image-translation:paddle --build-arg ENGINE=paddle .

FROM docker.io/library/python:3.11-slim-bookworm AS base
# Debian's own updates replace versions, so none are pinned (DL3008).
# OpenCV is linked against libGL and never calls it. The package depends on Mesa with
# LLVM, 180 MB of drivers: its two libraries are taken without them.
WORKDIR /var/cache/apt/archives
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      apertium apertium-eng-cat apertium-eng-spa apertium-es-pt apertium-fr-es \
      apertium-spa-cat apertium-spa-ita libglib2.0-0 libglvnd0 libgomp1 libx11-6 \
 && apt-get download libgl1 libglx0 \
 && for library in libgl1_*.deb libglx0_*.deb; do dpkg-deb --extract "$library" /; done \
 && ldconfig \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/share/locale/* /usr/share/man/*
ENV HOME=/tmp \
    LC_ALL=C.UTF-8 \
    OCR_MODEL_DIR=/opt/models \
    PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/paddle


FROM base AS build
ARG ENGINE=onnxruntime
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src

# What requirements.lock has, and Cloud Translation's client: TRANSLATOR=google is a choice
# of the deployment, not of the build.
COPY infra/requirements-image.lock requirements-paddle.lock ./
RUN python -m venv /opt/venv \
 && pip install --no-compile --require-hashes -r requirements-image.lock
# With paddlepaddle in the environment PaddleX loads it for ONNX Runtime too: it lives beside.
RUN mkdir /opt/paddle \
 && if [ "$ENGINE" = paddle ]; then \
      pip install --no-compile --require-hashes --no-deps --target /opt/paddle -r requirements-paddle.lock; \
    fi

# The models before the program: they change rarely, and the service never downloads any.
COPY pipeline/__init__.py pipeline/errors.py pipeline/
COPY pipeline/ocr/__init__.py pipeline/ocr/model_files.py pipeline/ocr/
COPY pipeline/ocr/int8 pipeline/ocr/int8
RUN python -c "import pathlib, sys; from pipeline.ocr.model_files import install; install(sys.argv[1], pathlib.Path('/opt/models'))" "$ENGINE"

COPY LICENSE README.md pyproject.toml ./
COPY functions functions
COPY pipeline pipeline
# Nothing installs anything into a running container, and nobody tests pandas in it.
RUN pip install --no-compile --no-deps --no-build-isolation . \
 && pip uninstall --yes --quiet pip \
 && find /opt/venv /opt/paddle -type d -name tests -prune -exec rm -r {} +
# One picture through the whole program: an image that cannot read is not built, and what
# it imported stays compiled. Compiling everything would add 150 MB that is never loaded.
WORKDIR /tmp
RUN python -c "from PIL import Image, ImageDraw; page = Image.new('RGB', (400, 80), 'white'); ImageDraw.Draw(page).text((10, 20), 'READY 123', 'black', font_size=40); page.save('ready.png')" \
 && OCR_ENGINE="$ENGINE" image-translation run ready.png --out . \
 && grep --quiet READY ready.png.json \
 && python -c "import functions.endpoint, functions.main, gunicorn.app.wsgiapp, gunicorn.workers.gthread, pipeline.stores.gcs, pipeline.translation.engines.google, PIL.AvifImagePlugin, pillow_heif"


FROM base
ARG ENGINE=onnxruntime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="image-translation" \
      org.opencontainers.image.description="Images dropped into a bucket become translated JSON in another" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

COPY --from=build /opt/paddle /opt/paddle
COPY --from=build /opt/models /opt/models
COPY --from=build /opt/venv /opt/venv

# Every setting has a default in pipeline/config.py except the two buckets. Repeated here
# is what the size of the container depends on: 2 GiB hold three recognitions.
ENV FUNCTION_TARGET=push \
    PORT=8080 \
    MAX_CONCURRENT_OCR=3 \
    MAX_WORKER_THREADS=3 \
    MAX_CONCURRENT_REQUESTS=8 \
    OCR_ENGINE=$ENGINE \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# The root file system may be read-only: only /tmp is written.
WORKDIR /srv
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=2)"]

# gunicorn is the first process: it passes SIGTERM on and lets requests in work finish.
CMD ["gunicorn", "-c", "python:functions.gunicorn", "functions.wsgi:app"]

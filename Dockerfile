# One image, three services: FUNCTION_TARGET=push (default), dead_letter and review.
#
#   docker build -t image-translation .
#   docker build -t image-translation:paddle --build-arg ENGINE=paddle .
#   docker build -t image-translation:korean --build-arg SCRIPTS=kor .

FROM docker.io/library/python:3.11-slim-bookworm AS base
ARG ENGINE=openvino
# Of the fonts for RENDER, those of the scripts that presentation/rendering/fonts.py names stay:
# 11 MB of 50.
ARG font_scripts="|Arabic|Armenian|Bengali|Devanagari|Ethiopic|Georgian|Gujarati|Gurmukhi|Hebrew|Kannada|Khmer|Lao|Malayalam|Myanmar|Sinhala|Symbols2|Tamil|Telugu|Thai"
# Tesseract's data of the scripts that the main recogniser does not read; none: SCRIPTS=
ARG SCRIPTS="ara ell heb hin kor rus tha"
# Debian's updates replace versions, so none are pinned (DL3008). Only the PaddleOCR library
# brings an OpenCV that is linked against libGL, and never calls it. $libraries, $SCRIPTS and
# $tesseract are several words, hence without quotes (SC2086). Apertium's packages want Perl and gawk
# for tools that make language pairs; translating needs neither of them, nor their 50 MB.
# hadolint ignore=DL3008,SC2086
RUN apt-get update \
 && if [ "$ENGINE" = openvino ]; then libraries=; else libraries="libgl1 libglib2.0-0 libgomp1"; fi \
 && tesseract="${SCRIPTS:+tesseract-ocr}" \
 && for data in $SCRIPTS; do tesseract="$tesseract tesseract-ocr-$data"; done \
 && apt-get install --yes --no-install-recommends \
      apertium apertium-eng-cat apertium-eng-spa apertium-es-pt apertium-fr-es \
      apertium-spa-cat apertium-spa-ita \
      fonts-droid-fallback fonts-noto-core libfribidi0 $libraries $tesseract \
 && find /usr/share/fonts /usr/share/fonts-droid-fallback -regextype posix-extended -name '*.ttf' \
      ! -regex ".*/(DroidSansFallbackFull|NotoSans($font_scripts)-(Regular|Bold))\.ttf" -delete \
 && dpkg --remove --force-depends gawk perl libperl5.36 perl-modules-5.36 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/share/locale/* /usr/share/man/*
ENV HOME=/tmp \
    LC_ALL=C.UTF-8 \
    OCR_MODEL_DIR=/opt/models \
    PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/reference


FROM base AS build
ARG ENGINE=openvino
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src

# The service's packages, Cloud Translation's client and the libraries of EXPORTS:
# TRANSLATOR=google and EXPORTS=pdf are choices of the deployment, not of the build.
# Of OpenVINO only the processor's plug-in and the readers of ONNX and OpenVINO's own format are
# needed, of wordfreq only the small lists, and none of OpenCV's face detectors. For ARM there are
# no plug-ins of other processors.
COPY infra/requirements-image.lock requirements-paddleocr.lock requirements-paddle.lock ./
RUN python -m venv /opt/venv \
 && pip install --no-compile --require-hashes -r requirements-image.lock
WORKDIR /opt/venv/lib/python3.11/site-packages
RUN rm -f openvino/libs/libopenvino_intel_[gn]pu_plugin.so openvino/libs/cache.json \
 && rm openvino/libs/libopenvino_auto*_plugin.so openvino/libs/libopenvino_hetero_plugin.so \
       openvino/libs/libopenvino_gguf_* openvino/libs/libopenvino_jax_* \
       openvino/libs/libopenvino_paddle_* openvino/libs/libopenvino_pytorch_* \
       openvino/libs/libopenvino_tensorflow_* \
       wordfreq/data/large_* wordfreq/data/jieba_zh_orig.txt cv2/data/*.xml \
 && rm -r openvino/cmake openvino/include
WORKDIR /src
# The PaddleOCR library brings its own OpenCV and lives beside ours.
RUN mkdir /opt/reference \
 && for extra in paddleocr paddle; do \
      case "$ENGINE-$extra" in onnxruntime-paddleocr | paddle-*) \
        pip install --no-compile --require-hashes --no-deps --target /opt/reference \
          -r "requirements-$extra.lock" || exit 1;; \
      esac; \
    done

# The models before the program, because they change rarely. The service downloads none.
COPY pipeline/__init__.py pipeline/errors.py pipeline/
COPY pipeline/ocr/__init__.py pipeline/ocr/model_files.py pipeline/ocr/
COPY pipeline/ocr/int8 pipeline/ocr/int8
RUN python -c "import pathlib, sys; from pipeline.ocr.model_files import install; install(sys.argv[1], pathlib.Path('/opt/models'))" "$ENGINE"

COPY LICENSE README.md pyproject.toml ./
COPY functions functions
COPY pipeline pipeline
# A container needs neither pip, setuptools nor the tests of the dependencies.
RUN pip install --no-compile --no-deps --no-build-isolation . \
 && pip uninstall --yes --quiet pip setuptools \
 && find /opt/venv /opt/reference -type d -name tests -prune -exec rm -r {} +
# Translates one picture: an image that cannot read is not built, and the imported modules stay
# compiled. Compiling every module would add 150 MB that is never loaded.
WORKDIR /tmp
RUN python -c "from PIL import Image, ImageDraw; page = Image.new('RGB', (400, 80), 'white'); ImageDraw.Draw(page).text((10, 20), 'READY 123', 'black', font_size=40); page.save('ready.png')" \
 && OCR_ENGINE="$ENGINE" image-translation run ready.png --out . \
 && grep --quiet READY ready.png.json \
 && python -c "import functions.endpoint, functions.main, functions.review, gunicorn.app.wsgiapp, gunicorn.workers.gthread, pipeline.delivery.pull, pipeline.stores.gcs, pipeline.translation.engines.google, PIL.AvifImagePlugin, pillow_heif"


FROM base
ARG ENGINE=openvino
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="image-translation" \
      org.opencontainers.image.description="Images dropped into a bucket become translated JSON in another" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

COPY --from=build /opt/reference /opt/reference
COPY --from=build /opt/models /opt/models
COPY --from=build /opt/venv /opt/venv

# Every setting except the two buckets has a default in pipeline/config.py. Those that depend
# on the size of the container are repeated here: 2 GiB hold three recognitions.
ENV FUNCTION_TARGET=push \
    PORT=8080 \
    MAX_CONCURRENT_OCR=3 \
    MAX_WORKER_THREADS=3 \
    MAX_CONCURRENT_REQUESTS=4 \
    OCR_ENGINE=$ENGINE \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# The program writes only to /tmp, so the root file system may be read-only.
WORKDIR /srv
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "functions.health"]

# gunicorn is the first process: it receives SIGTERM and lets running requests finish.
CMD ["gunicorn", "-c", "python:functions.gunicorn", "functions.wsgi:app"]

# tinyvmaf without training: `docker build -t tinyvmaf .`, then
#   docker run --rm -v "$PWD":/videos -v tinyvmaf:/home/viewer/.cache tinyvmaf score reference.mp4 encode.mp4
#   docker run --rm -i -v "$PWD":/videos -v tinyvmaf:/home/viewer/.cache tinyvmaf mcp
# The kernel is compiled for the processor at its first use; the volume keeps it.
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels pip install --no-cache-dir /wheels/*.whl \
 && useradd --create-home viewer && install -d -o viewer /home/viewer/.cache
USER viewer
WORKDIR /videos
ENTRYPOINT ["tinyvmaf"]
CMD ["--help"]

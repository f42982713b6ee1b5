# syntax=docker/dockerfile:1
# The container image: the one binary, without the simulators.

FROM rust:1.95.0-bookworm AS build
# rust-toolchain.toml also asks for clippy and rustfmt, which an image has no use for.
ENV RUSTUP_TOOLCHAIN=1.95.0 CARGO_TERM_COLOR=never
WORKDIR /src
COPY . .
# The caches are not part of the layer, so the binary is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p edgeroam --no-default-features --features kafka-tls \
    && install -D -m 0755 target/release/edgeroam /out/usr/local/bin/edgeroam \
    # A new volume takes over the owner of the directory that it is mounted on.
    && install -d -m 0750 -o 65532 -g 65532 /out/var/lib/edgeroam

# glibc, libgcc, CA certificates; no shell. Same Debian release as above, because of glibc. Runs as uid 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/usr/local/bin/edgeroam /usr/local/bin/edgeroam
COPY --from=build --chown=65532:65532 /out/var/lib/edgeroam /var/lib/edgeroam
USER 65532:65532
WORKDIR /var/lib/edgeroam
VOLUME ["/var/lib/edgeroam"]
# Admin port, callback port of the 5G core.
EXPOSE 9464 8090
ENTRYPOINT ["/usr/local/bin/edgeroam"]
CMD ["all", "--config", "/etc/edgeroam/edgeroam.yaml"]

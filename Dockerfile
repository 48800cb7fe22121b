# Needs BuildKit and, for the build, access to Maven's repositories.
#   docker build -t pgdeltastream .                    the standalone server
#   docker build --target war --output out .           only the WAR, for an application server
# The server wants PGDELTA_TOKENS (or PGDELTA_OPEN=true): in a container no client is on the loopback
# address. Without PGHOST or PGDATABASE it starts the PostgreSQL that it carries, with a demo table.

FROM maven:3.9.16-eclipse-temurin-17 AS build
WORKDIR /build
COPY pom.xml ./
COPY .mvn .mvn
# What the build downloads, by building next to nothing: this layer stays until pom.xml changes.
RUN mkdir -p src/main/java \
    && echo 'class Nothing {}' > src/main/java/Nothing.java \
    && mvn -B -Dwarnings=-g -Dmaven.test.skip -Dexec.skip -Dassembly.skipAssembly package \
    && rm -r src target
COPY src/main src/main
RUN mvn -B -Dmaven.test.skip package

FROM scratch AS war
COPY --from=build /build/target/pgdeltastream.war /

# Debian or Ubuntu below: the PostgreSQL of the demo is built for glibc.
FROM eclipse-temurin:17.0.20_8-jre-noble AS standalone
RUN useradd --system --create-home --uid 10001 pgdelta
COPY --from=build /build/target/pgdeltastream.jar /opt/pgdeltastream/
USER pgdelta
WORKDIR /home/pgdelta
EXPOSE 12312
# With the first token, where there are any: ping asks for one too. A JRE compiles no single-file check; the image has wget.
# Another --serverPort, or TLS, needs another check: docker run --health-cmd, or --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
    CMD wget -q -O /dev/null --header "Authorization: Bearer ${PGDELTA_TOKENS%%,*}" http://127.0.0.1:12312/v1/ping || exit 1
# A quarter of the memory is Java's default. It ends with 3 where it cannot take connections any more: --restart on-failure.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "-jar", "/opt/pgdeltastream/pgdeltastream.jar"]
CMD ["--serverHost", "0.0.0.0"]

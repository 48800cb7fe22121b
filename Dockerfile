# Needs BuildKit and, for the build, access to Maven's repositories.
#   docker build -t pgdeltastream .                    the standalone server
#   docker build --target war --output out .           only the WAR, for an application server
# The server wants PGDELTA_TOKENS (or PGDELTA_OPEN=true): in a container no client is on the loopback
# address. Without PGHOST or PGDATABASE it starts the PostgreSQL that it carries, with a demo table.

FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /build
COPY pom.xml ./
COPY .mvn .mvn
COPY src src
RUN mvn -B -DskipTests package

FROM scratch AS war
COPY --from=build /build/target/pgdeltastream.war /

# Debian or Ubuntu below: the PostgreSQL of the demo is built for glibc.
FROM eclipse-temurin:17-jre AS standalone
RUN useradd --system --create-home --uid 10001 pgdelta
COPY --from=build /build/target/pgdeltastream.jar /opt/pgdeltastream/
USER pgdelta
WORKDIR /home/pgdelta
EXPOSE 12312
# A quarter of the memory is Java's default. It ends with 3 where it cannot take connections any more: --restart on-failure.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "-jar", "/opt/pgdeltastream/pgdeltastream.jar"]
CMD ["--serverHost", "0.0.0.0"]

package org.pgdeltastream.slot.database;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of tokens that an issuer signs (JWT), and of the roles that they bring.
 *
 * @param jwks where the issuer's keys are: {@code https://…} or {@code file:/…}; empty: no such
 *     token is taken
 * @param issuer what a token's {@code iss} must be; set where {@code jwks} is
 * @param audience what a token's {@code aud} must be or contain; set where {@code jwks} is
 * @param roleClaim which claim names the role; may be a path such as {@code app_metadata.role}
 * @param tokenAlgorithms by which a token may be signed
 * @param tokenType what a token's {@code typ} must be: {@code JWT} takes both, and none
 * @param tokenSeconds how long a token may live at most
 * @param rights the file of the roles
 * @param revocations the file that remembers revocations
 * @param trustLocal whether who shows no token on this machine may do everything
 */
public record TokenSettings(
    Optional<String> jwks,
    Optional<String> issuer,
    Optional<String> audience,
    String roleClaim,
    List<String> tokenAlgorithms,
    String tokenType,
    Duration tokenSeconds,
    Optional<String> rights,
    Optional<String> revocations,
    boolean trustLocal) {
  private static final List<String> USUAL = List.of("ES256", "RS256", "PS256", "EdDSA");

  static TokenSettings read(SettingSource source) {
    List<String> algorithms = source.parts("token-algorithms", ",");
    return new TokenSettings(
        source.text("jwks"),
        source.text("issuer"),
        source.text("audience"),
        source.text("role-claim").orElse("role"),
        algorithms.isEmpty() ? USUAL : algorithms,
        source.text("token-type").orElse("JWT"),
        source.seconds("token-seconds", 86_400),
        source.text("rights"),
        source.text("revocations"),
        source.flag("trust-local"));
  }
}

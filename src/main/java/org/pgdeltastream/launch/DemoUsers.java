package org.pgdeltastream.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.pgdeltastream.launch.command.Guide;

/**
 * Two users of a database of our own, each of whom sees their own rows of a table: an issuer's key
 * that ends with this run, a role, and a token for each (RFC 7519).
 */
final class DemoUsers {
  /** What says who may call; if one of these is set, there are no users to try. */
  private static final List<String> ACCESS =
      List.of(
          "tokens",
          "monitor-tokens",
          "open",
          "jwks",
          "issuer",
          "audience",
          "rights",
          "role-claim",
          "token-algorithms",
          "token-type",
          "token-seconds",
          "trust-local");

  private static final List<String> USERS = List.of("ann", "bob");
  private static final Duration LIFE = Duration.ofHours(24);
  private static final String ISSUER = "https://demo.invalid";
  private static final String RIGHTS =
      """
      {"roles":{"buyer":{"feeds":{"%s":{
        "tables":{"public.test_orders":{"rows":"buyer.eq.$sub"}},
        "snapshot":true}}}}}
      """
          .formatted(Guide.FEED);

  private final byte[] secret = new byte[32];

  private DemoUsers() {
    new SecureRandom().nextBytes(secret);
  }

  /**
   * Sets them up; who shows no token goes on as without them.
   *
   * @param directory for its files
   * @return each user's token; none if it is set who may call
   */
  static Map<String, String> in(Path directory) throws IOException {
    boolean isSet =
        ACCESS.stream()
            .anyMatch(
                name ->
                    System.getProperty("pgdelta." + name) != null
                        || System.getenv(variable(name)) != null);
    return isSet ? Map.of() : new DemoUsers().start(directory);
  }

  private static String variable(String name) {
    return "PGDELTA_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private Map<String, String> start(Path directory) throws IOException {
    String key =
        "{\"kty\":\"oct\",\"kid\":\"demo\",\"alg\":\"HS256\",\"k\":\"" + base64(secret) + "\"}";
    Path keys = Files.writeString(directory.resolve("jwks.json"), "{\"keys\":[" + key + "]}");
    Path rights = Files.writeString(directory.resolve("rights.json"), RIGHTS);
    Map.of(
            "jwks",
            keys.toUri().toString(),
            "issuer",
            ISSUER,
            "audience",
            ISSUER,
            "token-algorithms",
            "HS256",
            "rights",
            rights.toString(),
            "trust-local",
            "true")
        .forEach((name, value) -> System.setProperty("pgdelta." + name, value));
    Map<String, String> tokens = new TreeMap<>();
    for (String user : USERS) {
      tokens.put(user, token(user));
    }
    return tokens;
  }

  private String token(String user) throws IOException {
    long now = Instant.now().getEpochSecond();
    String claims =
        """
        {"iss":"%1$s","aud":"%1$s","sub":"%2$s","role":"buyer","iat":%3$d,"exp":%4$d}"""
            .formatted(ISSUER, user, now, now + LIFE.toSeconds());
    String head = "{\"alg\":\"HS256\",\"kid\":\"demo\",\"typ\":\"JWT\"}";
    String signed =
        base64(head.getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(claims.getBytes(StandardCharsets.UTF_8));
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return signed + "." + base64(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IOException("This JVM cannot sign: " + e.getMessage(), e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

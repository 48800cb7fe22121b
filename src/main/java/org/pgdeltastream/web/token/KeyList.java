package org.pgdeltastream.web.token;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a set that can verify a token: none that is weak, for encryption, or of another kind.
 *
 * <p>Source: RFC 7517; RFC 8725, section 3.5.
 */
record KeyList(List<JWK> keys) {
  static final KeyList EMPTY = new KeyList(List.of());

  private static final int LEAST_RSA_BITS = 2048;
  private static final int MOST_RSA_BITS = 8192;
  private static final int LEAST_SECRET_BITS = 256;
  private static final int MOST_KEYS = 100;

  KeyList {
    keys = List.copyOf(keys);
  }

  /**
   * Reads a set.
   *
   * @param secrets whether it may have secrets that both sides know
   * @throws IllegalArgumentException if it is none, or has no key that can be used
   */
  static KeyList parse(byte[] json, boolean secrets) {
    List<JWK> keys =
        members(json).stream()
            .limit(MOST_KEYS)
            .flatMap(member -> key(member).stream())
            .filter(KeyList::isForSignatures)
            .filter(key -> isStrong(key, secrets))
            .toList();
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("it has no key that can be used");
    }
    return new KeyList(keys);
  }

  private static List<?> members(byte[] json) {
    try {
      String text = new String(json, StandardCharsets.UTF_8);
      if (JSONObjectUtils.parse(text).get("keys") instanceof List<?> members) {
        return members;
      }
    } catch (ParseException | RuntimeException e) { // whose texts may hold what was sent
      throw new IllegalArgumentException("it is no JSON");
    }
    throw new IllegalArgumentException("it has no list of keys");
  }

  /** One that cannot be read is passed over, as RFC 7517 says in section 5. */
  private static Optional<JWK> key(Object member) {
    if (!(member instanceof Map<?, ?> fields)) {
      return Optional.empty();
    }
    Map<String, Object> named = new HashMap<>();
    fields.forEach((name, value) -> named.put(String.valueOf(name), value));
    try {
      return Optional.of(JWK.parse(named));
    } catch (ParseException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static boolean isForSignatures(JWK key) {
    return (key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
        && (key.getKeyOperations() == null
            || key.getKeyOperations().contains(KeyOperation.VERIFY)
            || key.getKeyOperations().contains(KeyOperation.SIGN));
  }

  private static boolean isStrong(JWK key, boolean secrets) {
    if (key instanceof RSAKey rsa) {
      return rsa.size() >= LEAST_RSA_BITS && rsa.size() <= MOST_RSA_BITS;
    }
    if (key instanceof OctetSequenceKey secret) {
      return secrets && secret.size() >= LEAST_SECRET_BITS;
    }
    return key instanceof ECKey
        || (key instanceof OctetKeyPair pair && pair.getCurve().equals(Curve.Ed25519));
  }

  /**
   * Those that a token may be signed with.
   *
   * @param id which one it names; of a token that names none, all of its kind
   */
  List<JWK> of(String algorithm, Optional<String> id) {
    return keys.stream()
        .filter(key -> id.isEmpty() || id.get().equals(key.getKeyID()))
        .filter(key -> key.getAlgorithm() == null || isNamed(key, algorithm))
        .filter(key -> isOfKind(key, algorithm))
        .toList();
  }

  private static boolean isNamed(JWK key, String algorithm) {
    return key.getAlgorithm().getName().equals(algorithm);
  }

  private static boolean isOfKind(JWK key, String algorithm) {
    return switch (algorithm) {
      case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" -> key instanceof RSAKey;
      case "ES256" -> key instanceof ECKey ec && ec.getCurve().equals(Curve.P_256);
      case "ES384" -> key instanceof ECKey ec && ec.getCurve().equals(Curve.P_384);
      case "ES512" -> key instanceof ECKey ec && ec.getCurve().equals(Curve.P_521);
      case "EdDSA" -> key instanceof OctetKeyPair;
      case "HS256" -> key instanceof OctetSequenceKey;
      default -> false;
    };
  }
}

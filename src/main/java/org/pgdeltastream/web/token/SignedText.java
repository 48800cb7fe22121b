package org.pgdeltastream.web.token;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.JsonValues;

/**
 * A token in its compact form, read strictly and not verified: each name once, no bit that says
 * nothing.
 *
 * <p>Sources: RFC 7515, sections 4.1 and 7.1; RFC 7519, section 7.2; RFC 8725.
 *
 * @param algorithm what it says that it is signed by
 * @param keyId which key it says that it is signed with
 * @param type in lower case
 * @param claims by name, as {@link org.pgdeltastream.rights.Claims} takes them
 * @param signed what is signed, of ASCII alone
 * @param signature in base64url
 */
record SignedText(
    String algorithm,
    Optional<String> keyId,
    Optional<String> type,
    Map<String, Object> claims,
    String signed,
    String signature) {
  private static final int MOST = 8192;
  private static final int PARTS = 3;
  private static final int PARTS_ENCRYPTED = 5;
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9_-]+");

  /** Who signs chooses neither its key nor how it is read. */
  private static final Set<String> NEVER =
      Set.of("crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "enc", "zip");

  /**
   * Reads a token.
   *
   * @throws ProblemException UNAUTHORIZED, if it has not this form
   */
  static SignedText parse(String token) {
    if (token.length() > MOST) {
      throw RefusedToken.because("it is longer than " + MOST + " characters");
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length == PARTS_ENCRYPTED) {
      throw RefusedToken.because("it is encrypted");
    }
    if (parts.length != PARTS) {
      throw RefusedToken.because("it has not the three parts of a JWT");
    }
    Map<String, Object> header = object(decoded(parts[0]));
    if (header.keySet().stream().anyMatch(NEVER::contains)) {
      throw RefusedToken.because("its header has crit, cty, or a key of its own");
    }
    return new SignedText(
        text(header, "alg").orElseThrow(() -> RefusedToken.because("its header has no alg")),
        text(header, "kid"),
        text(header, "typ").map(type -> type.toLowerCase(Locale.ROOT)),
        object(decoded(parts[1])),
        parts[0] + "." + parts[1],
        checked(parts[2]));
  }

  byte[] signedBytes() {
    return signed.getBytes(StandardCharsets.US_ASCII);
  }

  byte[] signatureBytes() {
    return decoded(signature);
  }

  private static String checked(String part) {
    return decoded(part).length == 0 ? "" : part;
  }

  private static byte[] decoded(String part) {
    if (BASE64.matcher(part).matches()) {
      try {
        byte[] bytes = Base64.getUrlDecoder().decode(part);
        if (Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
          return bytes;
        }
      } catch (IllegalArgumentException e) {
        throw notBase64();
      }
    }
    throw notBase64();
  }

  private static ProblemException notBase64() {
    return RefusedToken.because("a part of it is not base64url");
  }

  private static Map<String, Object> object(byte[] json) {
    JsonTree tree;
    try {
      tree = BodyReader.read(json);
    } catch (ProblemException e) { // its words are the token's
      throw RefusedToken.because("a part of it is not JSON, or names something twice");
    }
    if (!(tree instanceof JsonTree.Fields fields)) {
      throw RefusedToken.because("a part of it is not a JSON object");
    }
    try {
      return JsonValues.of(fields.members());
    } catch (IllegalArgumentException e) {
      throw RefusedToken.because(String.valueOf(e.getMessage()));
    }
  }

  /** A text by its name; empty if there is none. */
  private static Optional<String> text(Map<String, Object> from, String name) {
    Object value = from.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text) {
      return Optional.of(text);
    }
    throw RefusedToken.because("its header's alg, kid or typ is no text");
  }
}

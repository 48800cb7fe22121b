package org.pgdeltastream.web.token;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.slot.database.TokenSettings;

/**
 * What the settings of tokens say, once it is checked.
 *
 * @param algorithms by which a token may be signed
 * @param accessTokensOnly whether {@code typ} must be {@code at+jwt}: an ID token is not one
 */
record TokenRules(
    URI keys,
    String issuer,
    String audience,
    String roleClaim,
    Set<String> algorithms,
    boolean accessTokensOnly,
    long longestSeconds) {
  private static final Set<String> KNOWN =
      Set.of(
          "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
          "HS256");
  private static final Pattern THIS_MACHINE =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\]");

  /**
   * Reads the settings; empty where no tokens of an issuer are taken.
   *
   * @throws IllegalArgumentException naming the setting that is missing or cannot be meant
   */
  static Optional<TokenRules> of(TokenSettings settings) {
    if (settings.jwks().isEmpty()) {
      refuseWithoutKeys(settings);
      return Optional.empty();
    }
    URI keys = address(settings.jwks().get());
    return Optional.of(
        new TokenRules(
            keys,
            needed("issuer", settings.issuer()),
            needed("audience", settings.audience()),
            settings.roleClaim(),
            algorithms(settings.tokenAlgorithms(), "file".equals(keys.getScheme())),
            isForAccessTokens(settings.tokenType()),
            settings.tokenSeconds().toSeconds()));
  }

  private static void refuseWithoutKeys(TokenSettings settings) {
    if (settings.issuer().isPresent() || settings.audience().isPresent()) {
      throw bad("issuer or pgdelta.audience", "needs pgdelta.jwks: where the issuer's keys are");
    }
  }

  private static String needed(String name, Optional<String> value) {
    return value.orElseThrow(
        () -> bad(name, "must be set where pgdelta.jwks is: else any token of the issuer passes"));
  }

  private static URI address(String text) {
    try {
      URI address = new URI(text);
      String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
      String host = String.valueOf(address.getHost());
      boolean file =
          scheme.equals("file") && text.startsWith("file:/") && address.getHost() == null;
      boolean remote =
          address.getHost() != null
              && address.getUserInfo() == null
              && (scheme.equals("https")
                  || (scheme.equals("http") && THIS_MACHINE.matcher(host).matches()));
      if (file || remote) {
        return address;
      }
    } catch (URISyntaxException e) {
      throw badAddress(text);
    }
    throw badAddress(text);
  }

  private static IllegalArgumentException badAddress(String text) {
    return bad(
        "jwks",
        "is '"
            + Shown.of(text.replaceFirst("//[^/]*@", "//"))
            + "'; write it like https://issuer.example/jwks.json or file:/etc/delta/jwks.json"
            + " (http: only to localhost)");
  }

  private static Set<String> algorithms(List<String> named, boolean inFile) {
    for (String one : named) {
      if (!KNOWN.contains(one)) {
        throw bad("token-algorithms", "has '" + Shown.of(one) + "', which is none of " + KNOWN);
      }
      if (one.equals("HS256") && !inFile) {
        throw bad(
            "token-algorithms",
            "has HS256, whose key is a secret: it is taken only from a file (pgdelta.jwks=file:/…)");
      }
    }
    return Set.copyOf(named);
  }

  private static boolean isForAccessTokens(String type) {
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "jwt" -> false;
      case "at+jwt" -> true;
      default -> throw bad("token-type", "is '" + Shown.of(type) + "'; it must be JWT or at+jwt");
    };
  }

  private static IllegalArgumentException bad(String name, String what) {
    return new IllegalArgumentException("Setting pgdelta." + name + " " + what);
  }
}

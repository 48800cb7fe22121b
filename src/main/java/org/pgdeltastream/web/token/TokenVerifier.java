package org.pgdeltastream.web.token;

import com.nimbusds.jose.jwk.JWK;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.slot.database.TokenSettings;

/**
 * Whose token it is, if it is an issuer's and good for this server. What it claims is checked
 * first, so that only a token that would pass makes anybody look for its key.
 *
 * <p>Sources: RFC 7519; RFC 8725; RFC 9068.
 */
public final class TokenVerifier {
  /** By which an issuer's clock may be ahead. */
  public static final Duration SKEW = Duration.ofSeconds(30);

  private static final int MOST_NAME = 255;
  private static final Set<String> TYPES =
      Set.of("jwt", "application/jwt", "at+jwt", "application/at+jwt");
  private static final Set<String> ACCESS_TYPES = Set.of("at+jwt", "application/at+jwt");

  private final TokenRules rules;
  private final Keys keys;
  private final InstantSource clock;
  private final VerifiedTokens verified = new VerifiedTokens();

  TokenVerifier(TokenRules rules, Keys keys, InstantSource clock) {
    this.rules = rules;
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * The one that the settings ask for, which begins to read the issuer's keys.
   *
   * @return empty where no tokens of an issuer are taken
   * @throws IllegalArgumentException naming the setting that cannot be meant
   */
  public static Optional<TokenVerifier> of(TokenSettings settings, InstantSource clock) {
    return TokenRules.of(settings)
        .map(
            rules -> {
              Keys keys = new Keys(KeySource.of(rules.keys()), clock);
              keys.start();
              return new TokenVerifier(rules, keys, clock);
            });
  }

  /**
   * Whose token it is.
   *
   * @throws ProblemException UNAUTHORIZED with the reason, in words that hold nothing of the token;
   *     UPSTREAM_BUSY if no key can be read
   */
  public Identity verify(String token) {
    Instant now = clock.instant();
    long generation = keys.generation();
    String hash = VerifiedTokens.hash(token);
    Optional<Identity> known = verified.find(hash, generation, now);
    if (known.isPresent()) {
      return known.get();
    }
    SignedText read = SignedText.parse(token);
    Identity identity = identity(read, now);
    checkSignature(read);
    Instant end = identity.expires().orElse(now);
    verified.keep(hash, new VerifiedTokens.Verified(identity, generation, end, token.length()));
    return identity;
  }

  private void checkSignature(SignedText token) {
    List<JWK> candidates = keys.of(token.algorithm(), token.keyId());
    if (candidates.isEmpty()) {
      throw RefusedToken.because("its key is none of the issuer's");
    }
    if (candidates.size() > 1) {
      throw RefusedToken.because("it names no key, and the issuer has several");
    }
    if (!Signatures.isOf(
        candidates.get(0), token.algorithm(), token.signedBytes(), token.signatureBytes())) {
      throw RefusedToken.because("its signature is wrong");
    }
  }

  private Identity identity(SignedText token, Instant now) {
    Map<String, Object> claims = token.claims();
    if (!rules.algorithms().contains(token.algorithm())) {
      throw RefusedToken.because("its algorithm is not one of pgdelta.token-algorithms");
    }
    checkType(token.type());
    if (!rules.issuer().equals(claims.get("iss"))) {
      throw RefusedToken.because("its issuer is not pgdelta.issuer");
    }
    if (!isForUs(claims.get("aud"))) {
      throw RefusedToken.because("its audience is not pgdelta.audience");
    }
    Optional<Instant> issued = time(claims, "iat");
    Instant expires =
        time(claims, "exp").orElseThrow(() -> RefusedToken.because("it does not say when it ends"));
    checkTimes(now, issued, expires, time(claims, "nbf"));
    Claims all = new Claims(claims);
    return new Identity(
        rules.issuer(),
        name(claims, "sub").orElseThrow(() -> RefusedToken.because("it has no subject")),
        name(claims, "jti"),
        role(all),
        all,
        issued,
        Optional.of(expires));
  }

  private void checkType(Optional<String> type) {
    boolean right =
        rules.accessTokensOnly()
            ? type.filter(ACCESS_TYPES::contains).isPresent()
            : type.isEmpty() || TYPES.contains(type.get());
    if (!right) {
      throw RefusedToken.because("its typ is not the one that pgdelta.token-type asks for");
    }
  }

  private boolean isForUs(@Nullable Object audience) {
    if (audience instanceof List<?> all) {
      return all.contains(rules.audience());
    }
    return rules.audience().equals(audience);
  }

  /**
   * To its end there is nothing added: connections end then. What is revoked is remembered for as
   * long as a token may live.
   */
  private void checkTimes(
      Instant now, Optional<Instant> issued, Instant expires, Optional<Instant> begins) {
    Duration longest = Duration.ofSeconds(rules.longestSeconds());
    if (!now.isBefore(expires)) {
      throw RefusedToken.because("it has expired");
    }
    if (begins.filter(begin -> begin.isAfter(now.plus(SKEW))).isPresent()) {
      throw RefusedToken.because("it is not valid yet");
    }
    if (issued.filter(at -> at.isAfter(now.plus(SKEW))).isPresent()) {
      throw RefusedToken.because("it was issued in the future");
    }
    Instant last = issued.filter(at -> at.isBefore(now)).orElse(now).plus(longest);
    if (expires.isAfter(last.plus(SKEW))) {
      throw RefusedToken.because("it lives longer than pgdelta.token-seconds");
    }
  }

  private static Optional<Instant> time(Map<String, Object> claims, String name) {
    Object value = claims.get(name);
    if (value == null) {
      return Optional.empty();
    }
    double seconds = value instanceof Number number ? number.doubleValue() : -1;
    if (seconds >= 0 && seconds < Integer.MAX_VALUE * 100.0) {
      return Optional.of(Instant.ofEpochSecond((long) seconds));
    }
    throw RefusedToken.because("its exp, nbf or iat is no time");
  }

  private static Optional<String> name(Map<String, Object> claims, String name) {
    Object value = claims.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && !text.isEmpty() && text.length() <= MOST_NAME) {
      return Optional.of(text);
    }
    throw RefusedToken.because("its sub or jti is no text of 1 to " + MOST_NAME + " characters");
  }

  /** Empty if it names none, or several. */
  private String role(Claims claims) {
    return claims
        .values(rules.roleClaim())
        .map(Claims.Values::texts)
        .filter(texts -> texts.size() == 1)
        .map(texts -> texts.get(0))
        .orElse("");
  }
}

package org.pgdeltastream.web.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.pgdeltastream.support.Issuer.base64;
import static org.pgdeltastream.support.Issuer.json;
import static org.pgdeltastream.support.Issuer.with;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.Issuer;

class TokenVerifierTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final long SECOND = NOW.getEpochSecond();

  private static final Issuer.Key EC = Issuer.Key.of("ec", "ES256");
  private static final Issuer.Key RSA = Issuer.Key.of("rsa", "RS256");
  private static final Issuer.Key STRANGER = Issuer.Key.of("ec", "ES256");
  private static final Issuer.Key OTHER_RSA = Issuer.Key.of("rsa2", "RS256");
  private static final Issuer.Key PAIR = Issuer.Key.of("ed", "EdDSA");
  private static final Issuer.Key SECRET = Issuer.Key.ofSecret("secret", new byte[32]);
  private static final Issuer.Key WEAK = Issuer.Key.ofSecret("weak", new byte[31]);

  private static final Map<String, Object> CLAIMS = Issuer.claims("canary-1", "user", NOW);

  @TempDir static Path directory;
  private static TokenVerifier verifier;

  @BeforeAll
  static void readKeys() throws Exception {
    verifier =
        verifier(Issuer.jwks(EC, RSA, OTHER_RSA, PAIR, SECRET, WEAK), "ES256,RS256,PS256,EdDSA");
  }

  private static TokenVerifier verifier(String keys, String algorithms, String... more)
      throws Exception {
    Path file = Files.createTempFile(directory, "jwks", ".json");
    Files.writeString(file, keys);
    Map<String, String> settings = new HashMap<>();
    settings.put("pgdelta.jwks", file.toUri().toString());
    settings.put("pgdelta.issuer", Issuer.NAME);
    settings.put("pgdelta.audience", Issuer.AUDIENCE);
    settings.put("pgdelta.token-algorithms", algorithms);
    for (int i = 0; i < more.length; i += 2) {
      settings.put("pgdelta." + more[i], more[i + 1]);
    }
    return TokenVerifier.of(Settings.read(settings::get).ofTokens(), () -> NOW).orElseThrow();
  }

  @Test
  void saysWhoseATokenIs() {
    Map<String, Object> claims = with(with(CLAIMS, "jti", "t1"), "org", Map.of("id", 7));

    Identity identity = verifier.verify(EC.token(claims));

    assertThat(identity.issuer()).isEqualTo(Issuer.NAME);
    assertThat(identity.subject()).isEqualTo("canary-1");
    assertThat(identity.tokenId()).contains("t1");
    assertThat(identity.role()).isEqualTo("user");
    assertThat(identity.issuedAt()).contains(NOW);
    assertThat(identity.expires()).contains(NOW.plusSeconds(3600));
    assertThat(identity.claims().values("org.id").orElseThrow().texts()).containsExactly("7");
    assertThat(verifier.verify(EC.token(claims))).as("from memory").isEqualTo(identity);
  }

  @ParameterizedTest
  @CsvSource({
    "1234567890123456789, 1234567890123456789",
    "-9223372036854775808, -9223372036854775808",
    "9007199254740993.0, 9007199254740993",
    "0.10000000000000000555, 0.10000000000000000555",
    "1e21, 1000000000000000000000",
    "-0.0, 0",
  })
  void keepsEachDigitOfANumber(String number, String text) {
    String token = EC.token(with(CLAIMS, "org", new BigDecimal(number)));
    Identity identity = verifier.verify(token);
    assertThat(identity.claims().values("org").orElseThrow().texts()).containsExactly(text);
  }

  @Test
  void refusesNumbersThatNothingCanHold() {
    List<String> numbers =
        List.of(
            "1e401",
            "1e-401",
            "0e401",
            "1e2147483647",
            "1e-2147483647",
            "1e-2147483648",
            "1e99999999999",
            "1".repeat(101),
            "0." + "1".repeat(99));
    for (String number : numbers) {
      String claims = json(CLAIMS).replaceFirst("\\{", "{\"org\":[" + number + "],");
      String token = EC.compact("{\"alg\":\"ES256\",\"kid\":\"ec\"}", claims, "ES256");
      assertThatThrownBy(() -> verifier.verify(token))
          .as(number)
          .hasMessageContaining("a number in it");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"
      })
  void takesEachAlgorithmThatTheSettingsName(String algorithm) throws Exception {
    Issuer.Key key = Issuer.Key.of("k", algorithm);
    TokenVerifier all = verifier(Issuer.jwks(key), algorithm);
    assertThat(all.verify(key.token(CLAIMS)).subject()).isEqualTo("canary-1");
    String other = key.token(CLAIMS).replaceFirst("[^.]+$", base64(new byte[64]));
    assertThatThrownBy(() -> all.verify(other)).hasMessageContaining("signature is wrong");
  }

  @Test
  void takesASecretOnlyWhereTheSettingsNameItsAlgorithm() throws Exception {
    TokenVerifier secret = verifier(Issuer.jwks(SECRET, WEAK), "HS256");
    assertThat(secret.verify(SECRET.token(CLAIMS)).subject()).isEqualTo("canary-1");
    assertThatThrownBy(() -> secret.verify(WEAK.token(CLAIMS)))
        .hasMessageContaining("its key is none of the issuer's");
  }

  @ParameterizedTest
  @MethodSource("right")
  void takesWhatIsRightInOtherWays(String what, String token) {
    assertThat(verifier.verify(token).subject()).as(what).isEqualTo("canary-1");
  }

  static Stream<Arguments> right() {
    return Stream.of(
        Arguments.of(
            "one audience of several",
            EC.token(with(CLAIMS, "aud", List.of("https://other.example", Issuer.AUDIENCE)))),
        Arguments.of("no typ", EC.token(Map.of("alg", "ES256", "kid", "ec"), CLAIMS)),
        Arguments.of("no kid, one key of its kind", EC.token(Map.of("alg", "ES256"), CLAIMS)),
        Arguments.of("an access token", EC.token(header("typ", "at+jwt"), CLAIMS)),
        Arguments.of("by PS256", RSA.token(Map.of("alg", "PS256", "kid", "rsa"), CLAIMS)),
        Arguments.of("no iat", EC.token(with(CLAIMS, "iat", null))),
        Arguments.of("its last second", EC.token(with(CLAIMS, "exp", SECOND + 1))),
        Arguments.of("clocks 20 s apart", EC.token(with(CLAIMS, "nbf", SECOND + 20))),
        Arguments.of("parts of a second", EC.token(with(CLAIMS, "exp", SECOND + 10.5))),
        Arguments.of("x5t", EC.token(header("x5t", "abc"), CLAIMS)));
  }

  private static Map<String, Object> header(String name, @Nullable Object value) {
    return with(Map.of("alg", "ES256", "kid", "ec", "typ", "JWT"), name, value);
  }

  @ParameterizedTest
  @MethodSource("forged")
  void refusesWhatIsForged(String what, String token, String reason) {
    assertThatThrownBy(() -> verifier.verify(token))
        .as(what)
        .asInstanceOf(type(ProblemException.class))
        .satisfies(
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.UNAUTHORIZED);
              assertThat(refusal.getMessage()).contains(reason).doesNotContain("canary");
              assertThat(refusal.hint()).doesNotContain("canary");
            });
  }

  static Stream<Arguments> forged() {
    return Stream.of(headers(), claims(), texts()).flatMap(cases -> cases);
  }

  private static Stream<Arguments> headers() {
    String none = base64("{\"alg\":\"none\"}") + "." + base64(json(CLAIMS)) + ".";
    String notNamed = "its algorithm is not one of";
    String own = "a key of its own";
    return Stream.of(
        Arguments.of("alg none", none, "is not base64url"),
        Arguments.of("alg none, with a signature", none + "AAAA", notNamed),
        Arguments.of("alg None", none.replace("none", "None") + "AAAA", notNamed),
        Arguments.of(
            "HS256 with a public key as the secret",
            RSA.token(Map.of("alg", "HS256", "kid", "rsa"), CLAIMS),
            notNamed),
        Arguments.of("HS256, not in the settings", SECRET.token(CLAIMS), notNamed),
        Arguments.of(
            "another algorithm than signed it",
            EC.compact("{\"alg\":\"RS256\",\"kid\":\"rsa\"}", json(CLAIMS), "ES256"),
            "signature is wrong"),
        Arguments.of(
            "a key of another kind",
            EC.compact("{\"alg\":\"RS256\",\"kid\":\"ec\"}", json(CLAIMS), "ES256"),
            "none of the issuer's"),
        Arguments.of("another key with this kid", STRANGER.token(CLAIMS), "signature is wrong"),
        Arguments.of(
            "a kid that is not known", EC.token(header("kid", "canary"), CLAIMS), "none of"),
        Arguments.of(
            "no kid, and two keys", RSA.token(Map.of("alg", "RS256"), CLAIMS), "names no key"),
        Arguments.of("kid a number", EC.token(header("kid", 7), CLAIMS), "is no text"),
        Arguments.of("no alg", EC.compact("{\"kid\":\"ec\"}", json(CLAIMS), "ES256"), "no alg"),
        Arguments.of("crit", EC.token(header("crit", List.of("canary")), CLAIMS), own),
        Arguments.of("b64", EC.token(header("b64", false), CLAIMS), own),
        Arguments.of(
            "its own key",
            STRANGER.compact(
                "{\"alg\":\"ES256\",\"jwk\":" + STRANGER.jwk("") + "}", json(CLAIMS), "ES256"),
            own),
        Arguments.of("jku", EC.token(header("jku", "https://evil.example/"), CLAIMS), own),
        Arguments.of("x5u", EC.token(header("x5u", "https://evil.example/"), CLAIMS), own),
        Arguments.of("x5c", EC.token(header("x5c", List.of("canary")), CLAIMS), own),
        Arguments.of("nested", EC.token(header("cty", "JWT"), CLAIMS), "cty"),
        Arguments.of("a logout token", EC.token(header("typ", "logout+jwt"), CLAIMS), "its typ"));
  }

  private static Stream<Arguments> claims() {
    String audience = "its audience is not";
    String issuer = "its issuer is not";
    String noTime = "is no time";
    return Stream.of(
        Arguments.of("no aud", EC.token(with(CLAIMS, "aud", null)), audience),
        Arguments.of("another aud", EC.token(with(CLAIMS, "aud", "canary")), audience),
        Arguments.of("others in aud", EC.token(with(CLAIMS, "aud", List.of("a", "b"))), audience),
        Arguments.of("aud longer", EC.token(with(CLAIMS, "aud", Issuer.AUDIENCE + "/")), audience),
        Arguments.of("no iss", EC.token(with(CLAIMS, "iss", null)), issuer),
        Arguments.of("another iss", EC.token(with(CLAIMS, "iss", Issuer.NAME + ".evil")), issuer),
        Arguments.of("iss a list", EC.token(with(CLAIMS, "iss", List.of(Issuer.NAME))), issuer),
        Arguments.of("expired now", EC.token(with(CLAIMS, "exp", SECOND)), "has expired"),
        Arguments.of("expired 20 s ago", EC.token(with(CLAIMS, "exp", SECOND - 20)), "has expired"),
        Arguments.of("no exp", EC.token(with(CLAIMS, "exp", null)), "when it ends"),
        Arguments.of("exp a text", EC.token(with(CLAIMS, "exp", "canary")), noTime),
        Arguments.of("exp below zero", EC.token(with(CLAIMS, "exp", -1)), noTime),
        Arguments.of("exp beyond all", EC.token(with(CLAIMS, "exp", 1e300)), noTime),
        Arguments.of("nbf ahead", EC.token(with(CLAIMS, "nbf", SECOND + 31)), "not valid yet"),
        Arguments.of("iat ahead", EC.token(with(CLAIMS, "iat", SECOND + 31)), "in the future"),
        Arguments.of(
            "too long", EC.token(with(CLAIMS, "exp", SECOND + 86_400 + 31)), "lives longer"),
        Arguments.of(
            "too long, near its end",
            EC.token(with(CLAIMS, "iat", SECOND - 90_000)),
            "lives longer"),
        Arguments.of("no sub", EC.token(with(CLAIMS, "sub", null)), "no subject"),
        Arguments.of("sub a number", EC.token(with(CLAIMS, "sub", 7)), "is no text"),
        Arguments.of("sub empty", EC.token(with(CLAIMS, "sub", "")), "is no text"),
        Arguments.of("sub endless", EC.token(with(CLAIMS, "sub", "x".repeat(256))), "is no text"),
        Arguments.of("jti a list", EC.token(with(CLAIMS, "jti", List.of("a"))), "is no text"));
  }

  private static Stream<Arguments> texts() {
    String right = EC.token(CLAIMS);
    String header = "{\"alg\":\"ES256\",\"kid\":\"ec\"}";
    String[] parts = right.split("\\.", -1);
    String other = base64(json(with(CLAIMS, "role", "admin")));
    String signature = parts[2].charAt(0) == 'A' ? "B" : "A";
    String three = "not the three parts";
    String object = "not a JSON object";
    return Stream.of(
        Arguments.of("other claims", parts[0] + "." + other + "." + parts[2], "signature is wrong"),
        Arguments.of(
            "another signature",
            parts[0] + "." + parts[1] + "." + signature + parts[2].substring(1),
            "signature is wrong"),
        Arguments.of(
            "an unused bit of it set",
            right.substring(0, right.length() - 1)
                + (right.endsWith("A") ? "B" : "" + (char) (right.charAt(right.length() - 1) + 1)),
            "is"),
        Arguments.of("no signature", parts[0] + "." + parts[1] + ".", "not base64url"),
        Arguments.of(
            "r and s zero", parts[0] + "." + parts[1] + "." + base64(new byte[64]), "wrong"),
        Arguments.of(
            "a signature in DER", parts[0] + "." + parts[1] + "." + base64(new byte[70]), "wrong"),
        Arguments.of("one part", parts[0], three),
        Arguments.of("two parts", parts[0] + "." + parts[1], three),
        Arguments.of("four parts", right + ".AAAA", three),
        Arguments.of("empty", "", three),
        Arguments.of("encrypted", right + ".AAAA.AAAA", "encrypted"),
        Arguments.of("no base64", parts[0] + ".!!canary!!." + parts[2], "not base64url"),
        Arguments.of("padded", parts[0] + "=." + parts[1] + "." + parts[2], "not base64url"),
        Arguments.of("oversized", right + "A".repeat(8192), "longer than 8192"),
        Arguments.of("claims no JSON", EC.compact(header, "canary", "ES256"), "is not JSON"),
        Arguments.of("claims a list", EC.compact(header, "[]", "ES256"), object),
        Arguments.of("deep", EC.compact(header, "[".repeat(2000), "ES256"), "is not JSON"),
        Arguments.of(
            "a claim twice",
            EC.compact(header, json(CLAIMS).replaceFirst("\\{", "{\"sub\":\"canary\","), "ES256"),
            "names something twice"),
        Arguments.of(
            "alg twice",
            EC.compact(header.replaceFirst("\\{", "{\"alg\":\"none\","), json(CLAIMS), "ES256"),
            "names something twice"));
  }

  @Test
  void refusesAnIdTokenWhereAccessTokensAreAskedFor() throws Exception {
    TokenVerifier strict = verifier(Issuer.jwks(EC), "ES256", "token-type", "at+jwt");
    assertThat(strict.verify(EC.token(header("typ", "AT+JWT"), CLAIMS)).role()).isEqualTo("user");
    assertThatThrownBy(() -> strict.verify(EC.token(CLAIMS))).hasMessageContaining("its typ");
    assertThatThrownBy(() -> strict.verify(EC.token(header("typ", null), CLAIMS)))
        .hasMessageContaining("its typ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "app_metadata.role | {'app_metadata':{'role':'editor'}} | editor",
        "role              | {'role':['editor']}                | editor",
        "role              | {'role':['editor','admin']}        | ''",
        "role              | {'role':7}                         | 7",
        "role              | {'role':{'name':'admin'}}          | ''",
        "https://x/role    | {'https://x/role':'editor'}        | editor",
        "role              | {}                                 | ''",
      })
  void findsTheRoleWhereTheSettingsSay(String claim, String more, String role) throws Exception {
    TokenVerifier one = verifier(Issuer.jwks(EC), "ES256", "role-claim", claim);
    String claims =
        json(with(CLAIMS, "role", null)).replaceFirst("\\}$", "")
            + ("," + more.substring(1)).replace('\'', '"').replaceFirst(",\\}$", "}");
    String header = "{\"alg\":\"ES256\",\"kid\":\"ec\"}";
    assertThat(one.verify(EC.compact(header, claims, "ES256")).role()).isEqualTo(role);
  }

  /** Only what passed is kept, and not for longer than it is good. */
  @Test
  void forgetsWhatItVerifiedWhenThatEnds() throws Exception {
    Path file = Files.createTempFile(directory, "jwks", ".json");
    Files.writeString(file, Issuer.jwks(EC));
    Instant[] now = {NOW};
    Map<String, String> settings =
        Map.of(
            "pgdelta.jwks", file.toUri().toString(),
            "pgdelta.issuer", Issuer.NAME,
            "pgdelta.audience", Issuer.AUDIENCE);
    TokenVerifier one =
        TokenVerifier.of(Settings.read(settings::get).ofTokens(), () -> now[0]).orElseThrow();
    String token = EC.token(CLAIMS);
    assertThat(one.verify(token)).isEqualTo(one.verify(token));

    Files.writeString(file, Issuer.jwks(RSA));
    now[0] = NOW.plusSeconds(10);
    assertThatThrownBy(() -> one.verify(token))
        .as("its key was removed")
        .hasMessageContaining("none of");

    Files.writeString(file, Issuer.jwks(EC));
    now[0] = NOW.plusSeconds(20);
    assertThat(one.verify(token).subject()).isEqualTo("canary-1");
    Files.writeString(file, "damaged");
    now[0] = NOW.plusSeconds(3599);
    assertThat(one.verify(token).subject()).as("known keys stay").isEqualTo("canary-1");
    now[0] = NOW.plusSeconds(3600);
    assertThatThrownBy(() -> one.verify(token)).hasMessageContaining("has expired");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jwks=http://issuer.example/jwks              | pgdelta.jwks",
        "jwks=ftp://issuer.example/jwks               | pgdelta.jwks",
        "jwks=https://joe:secret@issuer.example/      | pgdelta.jwks",
        "jwks=file:jwks.json                          | pgdelta.jwks",
        "jwks=jwks.json                               | pgdelta.jwks",
        "jwks=file:/nowhere/jwks.json                 | pgdelta.jwks",
        "issuer=                                      | pgdelta.issuer",
        "audience=                                    | pgdelta.audience",
        "jwks=                                        | pgdelta.jwks",
        "token-algorithms=none                        | pgdelta.token-algorithms",
        "token-algorithms=HS256                       | pgdelta.token-algorithms",
        "token-type=id                                | pgdelta.token-type",
      })
  void refusesSettingsThatCannotBeMeant(String setting, String named) {
    Map<String, String> settings = new HashMap<>();
    settings.put("pgdelta.jwks", "https://issuer.example/jwks");
    settings.put("pgdelta.issuer", Issuer.NAME);
    settings.put("pgdelta.audience", Issuer.AUDIENCE);
    settings.put("pgdelta." + setting.replaceFirst("=.*", ""), setting.replaceFirst("[^=]*=", ""));
    assertThatThrownBy(() -> TokenVerifier.of(Settings.read(settings::get).ofTokens(), () -> NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named)
        .hasMessageNotContaining("secret@");
  }

  @Test
  void takesNoTokensWhereNoKeysAreSet() {
    assertThat(TokenVerifier.of(Settings.read(name -> null).ofTokens(), () -> NOW))
        .isEqualTo(Optional.empty());
  }
}

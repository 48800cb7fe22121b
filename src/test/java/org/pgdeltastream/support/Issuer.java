package org.pgdeltastream.support;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Signs tokens, right ones and forged ones, with the JDK alone. */
public final class Issuer {
  public static final String NAME = "https://issuer.example";
  public static final String AUDIENCE = "https://delta.example";

  private Issuer() {}

  /**
   * A key that signs.
   *
   * @param secret in base64url, of one that both sides know; then there is no pair
   */
  public record Key(String id, String algorithm, KeyPair pair, String secret) {
    /** A new one for this algorithm. */
    public static Key of(String id, String algorithm) {
      try {
        return new Key(id, algorithm, pair(algorithm, 2048), "");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    /** A new one of RSA with so many bits. */
    public static Key ofRsa(String id, int bits) {
      try {
        return new Key(id, "RS256", pair("RS256", bits), "");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    public static Key ofSecret(String id, byte[] secret) {
      return new Key(id, "HS256", new KeyPair(null, null), base64(secret));
    }

    private static KeyPair pair(String algorithm, int bits) throws GeneralSecurityException {
      String kind =
          switch (algorithm.substring(0, 2)) {
            case "ES" -> "EC";
            case "Ed" -> "Ed25519";
            default -> "RSA";
          };
      KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
      if (kind.equals("EC")) {
        generator.initialize(
            switch (algorithm) {
              case "ES384" -> 384;
              case "ES512" -> 521;
              default -> 256;
            });
      } else if (kind.equals("RSA")) {
        generator.initialize(bits);
      }
      return generator.generateKeyPair();
    }

    /** As a set of keys has it, with more members. */
    public String jwk(String more) {
      return "{\"kid\":\"" + id + "\"" + more + "," + members(pair.getPublic(), secret) + "}";
    }

    /** What signs; the algorithm may be another than the key's own. */
    public byte[] sign(String with, byte[] signed) {
      try {
        if (with.equals("HS256")) {
          Mac mac = Mac.getInstance("HmacSHA256");
          byte[] known =
              secret.isEmpty()
                  ? pair.getPublic().getEncoded()
                  : Base64.getUrlDecoder().decode(secret);
          mac.init(new SecretKeySpec(known, "HmacSHA256"));
          return mac.doFinal(signed);
        }
        Signature signature = Signature.getInstance(jdkName(with));
        if (with.startsWith("PS")) {
          String hash = "SHA-" + with.substring(2);
          int salt = Integer.parseInt(with.substring(2)) / 8;
          signature.setParameter(
              new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), salt, 1));
        }
        signature.initSign(pair.getPrivate());
        signature.update(signed);
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    private static String jdkName(String algorithm) {
      String bits = algorithm.replaceAll("\\D", "");
      return switch (algorithm.substring(0, 2)) {
        case "ES" -> "SHA" + bits + "withECDSAinP1363Format";
        case "RS" -> "SHA" + bits + "withRSA";
        case "PS" -> "RSASSA-PSS";
        default -> "Ed25519";
      };
    }

    /** A token with these claims, and with a header of its own. */
    public String token(Map<String, Object> claims) {
      return token(Map.of("alg", algorithm, "kid", id, "typ", "JWT"), claims);
    }

    public String token(Map<String, Object> header, Map<String, Object> claims) {
      return compact(json(header), json(claims), String.valueOf(header.get("alg")));
    }

    /** A token with these texts of JSON. */
    public String compact(String header, String claims, String with) {
      String signed = base64(header) + "." + base64(claims);
      return signed + "." + base64(sign(with, signed.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  private static String members(@Nullable PublicKey key, String secret) {
    if (key instanceof RSAPublicKey rsa) {
      return "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\""
          .formatted(
              base64(unsigned(rsa.getModulus(), 0)), base64(unsigned(rsa.getPublicExponent(), 0)));
    }
    if (key instanceof ECPublicKey ec) {
      int bits = ec.getParams().getOrder().bitLength();
      int length = (bits + 7) / 8;
      return "\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\""
          .formatted(
              bits,
              base64(unsigned(ec.getW().getAffineX(), length)),
              base64(unsigned(ec.getW().getAffineY(), length)));
    }
    if (key == null) {
      return "\"kty\":\"oct\",\"k\":\"" + secret + "\"";
    }
    byte[] encoded = key.getEncoded();
    return "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\""
        .formatted(base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
  }

  private static byte[] unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    int from = bytes[0] == 0 ? 1 : 0;
    byte[] plain = Arrays.copyOfRange(bytes, from, bytes.length);
    byte[] padded = new byte[Math.max(length, plain.length)];
    System.arraycopy(plain, 0, padded, padded.length - plain.length, plain.length);
    return padded;
  }

  /** The set of these keys. */
  public static String jwks(Key... keys) {
    return Stream.of(keys)
        .map(key -> key.jwk(""))
        .collect(Collectors.joining(",", "{\"keys\":[", "]}"));
  }

  /** What a right token claims, for an hour. */
  public static Map<String, Object> claims(String subject, String role, Instant now) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", NAME);
    claims.put("aud", AUDIENCE);
    claims.put("sub", subject);
    claims.put("role", role);
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.getEpochSecond() + 3600);
    return claims;
  }

  /** The same with another claim, or, of null, without it. */
  public static Map<String, Object> with(
      Map<String, Object> claims, String name, @Nullable Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(claims);
    if (value == null) {
      changed.remove(name);
    } else {
      changed.put(name, value);
    }
    return changed;
  }

  public static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  public static String base64(String text) {
    return base64(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Of texts, numbers, booleans, lists and maps; of texts without quotes. */
  public static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> "\"" + entry.getKey() + "\":" + json(entry.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Issuer::json).collect(Collectors.joining(",", "[", "]"));
    }
    return value instanceof String text ? "\"" + text + "\"" : String.valueOf(value);
  }
}

package org.pgdeltastream.web.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** Whether a signature is a key's. Ed25519 is the JDK's own: the library needs another one. */
final class Signatures {
  /** RFC 8410: the algorithm of a public key of Ed25519, in front of its 32 bytes. */
  private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

  private static final int ED25519_BYTES = 32;

  private Signatures() {}

  /**
   * Whether it is.
   *
   * @param algorithm one that {@link KeyList#of} knows the key for
   */
  static boolean isOf(JWK key, String algorithm, byte[] signed, byte[] signature) {
    try {
      return key instanceof OctetKeyPair pair
          ? isOfPair(pair.getDecodedX(), signed, signature)
          : verifier(key)
              .verify(
                  new JWSHeader(JWSAlgorithm.parse(algorithm)),
                  signed,
                  Base64URL.encode(signature));
    } catch (JOSEException | GeneralSecurityException e) {
      return false; // the signature is not of the form that the algorithm has
    }
  }

  private static JWSVerifier verifier(JWK key) throws JOSEException {
    if (key instanceof RSAKey rsa) {
      return new RSASSAVerifier(rsa.toRSAPublicKey());
    }
    if (key instanceof ECKey ec) {
      return new ECDSAVerifier(ec.toECPublicKey());
    }
    if (key instanceof OctetSequenceKey secret) {
      return new MACVerifier(secret.toByteArray());
    }
    throw new JOSEException("A key of another kind");
  }

  private static boolean isOfPair(byte[] key, byte[] signed, byte[] signature)
      throws GeneralSecurityException {
    if (key.length != ED25519_BYTES) {
      return false;
    }
    byte[] encoded = new byte[ED25519.length + ED25519_BYTES];
    System.arraycopy(ED25519, 0, encoded, 0, ED25519.length);
    System.arraycopy(key, 0, encoded, ED25519.length, ED25519_BYTES);
    Signature verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(
        KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
    verifier.update(signed);
    return verifier.verify(signature);
  }
}

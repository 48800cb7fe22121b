package org.pgdeltastream.launch.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.tomcat.util.net.jsse.PEMFile;

/**
 * What this server shows to its clients, and the key that proves it.
 *
 * @param chain the server's own certificate, then the one that signed it, and so on
 */
record TlsIdentity(List<X509Certificate> chain, PrivateKey key) {
  /** Of a store that is in memory only. */
  static final String PASSWORD = "in memory";

  /**
   * Makes it of what was in the files.
   *
   * @throws IOException naming the setting, the file, and what is wrong with it
   */
  static TlsIdentity parse(TlsFiles files, TlsFiles.Text text) throws IOException {
    if (!text.problem().isEmpty()) {
      throw new IOException(text.problem());
    }
    Path shown = files.certificate();
    List<X509Certificate> chain =
        pem(TlsFiles.CERTIFICATE, shown, text.certificate()).getCertificates();
    if (chain.isEmpty()) {
      throw bad(TlsFiles.CERTIFICATE, shown, "has no certificate (-----BEGIN CERTIFICATE-----)");
    }
    checkOrder(shown, chain);
    PrivateKey key = key(files, text.key());
    if (!fits(key, chain.get(0).getPublicKey())) {
      throw bad(TlsFiles.KEY, files.key(), "is not the key of the first certificate in " + shown);
    }
    return new TlsIdentity(List.copyOf(chain), key);
  }

  private static PrivateKey key(TlsFiles files, String text) throws IOException {
    if (text.contains("ENCRYPTED")) { // in PKCS#8's label, or in a header of PKCS#1
      throw bad(
          TlsFiles.KEY,
          files.key(),
          "is encrypted, and a server has nobody to ask for the passphrase;"
              + " 'openssl pkey -in FILE -out NEW' takes it away");
    }
    return Optional.ofNullable(pem(TlsFiles.KEY, files.key(), text).getPrivateKey())
        .orElseThrow(
            () ->
                bad(TlsFiles.KEY, files.key(), "has no private key (-----BEGIN PRIVATE KEY-----)"));
  }

  private static PEMFile pem(String setting, Path file, String text) throws IOException {
    try {
      return new PEMFile(
          file.toString(), new ByteArrayInputStream(text.getBytes(ISO_8859_1)), null, null);
    } catch (GeneralSecurityException
        | IOException
        | RuntimeException e) { // for text that is malformed
      throw bad(setting, file, "is not well-formed PEM of RSA or EC", e);
    }
  }

  /** A chain in another order is refused by some clients, and by the JDK's store. */
  private static void checkOrder(Path file, List<X509Certificate> chain) throws IOException {
    for (int i = 1; i < chain.size(); i++) {
      if (!chain
          .get(i - 1)
          .getIssuerX500Principal()
          .equals(chain.get(i).getSubjectX500Principal())) {
        throw bad(
            TlsFiles.CERTIFICATE,
            file,
            "has certificates in another order: number %d did not sign number %d; the server's own"
                    .formatted(i + 1, i)
                + " comes first, then the one that signed it");
      }
    }
  }

  /** Whether what the one signs is what the other verifies. */
  private static boolean fits(PrivateKey key, PublicKey shown) {
    byte[] text = {1, 2, 3};
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(shown);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // of another algorithm or length
    }
  }

  /** Checks that it has begun and not ended: one that is in use would be better. */
  void checkIsValidNow(TlsFiles files) throws IOException {
    try {
      chain.get(0).checkValidity();
    } catch (CertificateException e) {
      throw bad(TlsFiles.CERTIFICATE, files.certificate(), "is not valid now: " + e.getMessage());
    }
  }

  private static IOException bad(String setting, Path file, String what, Throwable... why) {
    IOException bad = new IOException("Setting %s: %s %s".formatted(setting, file, what));
    Stream.of(why).forEach(bad::initCause);
    return bad;
  }

  /** For those who serve with it, and for those who trust it. */
  KeyStore keyStore() throws IOException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("tls", key, PASSWORD.toCharArray(), chain.toArray(Certificate[]::new));
      return store;
    } catch (GeneralSecurityException e) {
      throw new IOException("The TLS certificate cannot be used: " + e.getMessage(), e);
    }
  }

  /** The hosts that it is for, as far as they can be printed. */
  List<String> hosts() {
    try {
      return Optional.ofNullable(chain.get(0).getSubjectAlternativeNames())
          .orElse(List.of())
          .stream()
          .map(name -> String.valueOf(name.get(1)))
          .filter(name -> name.matches("[A-Za-z0-9.:*_-]{1,253}"))
          .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }
}

package org.pgdeltastream.launch.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Certificates;

/** What is taken as a certificate and its key, and what is refused with which words. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TlsIdentityTest {
  private static final String EC = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";

  @TempDir static Path directory;
  private static Certificates.Pair good;
  private static Certificates.Pair other;

  @BeforeAll
  static void makeSome() throws Exception {
    Certificates.mustBeAtHand("TlsIdentityTest");
    good = Certificates.make(directory, "good");
    other = Certificates.make(directory, "other");
  }

  private static TlsIdentity parse(Path certificate, Path key) throws IOException {
    TlsFiles files = new TlsFiles(certificate, key);
    return TlsIdentity.parse(files, files.read());
  }

  private static void assertRefused(Path certificate, Path key, String... words) {
    assertThatThrownBy(() -> parse(certificate, key))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-newkey rsa:2048", EC})
  void takesKeysOfRsaAndOfCurves(String key) throws Exception {
    Certificates.Pair pair = Certificates.make(directory, "kind", key.split(" "));
    TlsIdentity identity = parse(pair.certificate(), pair.key());
    assertThat(identity.hosts()).containsExactly("localhost", "127.0.0.1");
    assertThat(identity.keyStore().isKeyEntry("tls")).isTrue();
  }

  /** BEGIN RSA PRIVATE KEY (PKCS#1), BEGIN EC PRIVATE KEY (RFC 5915). */
  @ParameterizedTest
  @CsvSource({"-newkey rsa:2048, RSA PRIVATE KEY", EC + ", EC PRIVATE KEY"})
  void takesKeysOfOlderForms(String kind, String label) throws Exception {
    Certificates.Pair pair = Certificates.make(directory, "older", kind.split(" "));
    Path older = directory.resolve("older.pem");
    Certificates.openssl(
        "pkey", "-traditional", "-in", pair.key().toString(), "-out", older.toString());
    assertThat(Files.readString(older)).contains("BEGIN " + label);
    assertThat(parse(pair.certificate(), older).chain()).hasSize(1);
  }

  @Test
  void refusesAKeyOfAnotherCertificate() throws Exception {
    assertRefused(
        good.certificate(),
        other.key(),
        "pgdelta.tls-key",
        other.key().toString(),
        "is not the key of the first certificate in " + good.certificate());
    Certificates.Pair curve = Certificates.make(directory, "curve", EC.split(" "));
    assertRefused(good.certificate(), curve.key(), "is not the key of");
    assertRefused(curve.certificate(), good.key(), "is not the key of");
  }

  /** Of PKCS#8, and of the older form, whose header says so. */
  @ParameterizedTest
  @ValueSource(strings = {"-aes256", "-aes256 -traditional"})
  void refusesAnEncryptedKey(String how) throws Exception {
    Path encrypted = directory.resolve("encrypted.pem");
    String[] arguments =
        "pkey %s -passout pass:secret -in %s -out %s"
            .formatted(how, good.key(), encrypted)
            .split(" ");
    Certificates.openssl(arguments);
    assertRefused(good.certificate(), encrypted, "pgdelta.tls-key", "encrypted", "openssl pkey");
  }

  @Test
  void refusesFilesThatCannotBeRead() throws Exception {
    Path nowhere = directory.resolve("nowhere");
    assertRefused(nowhere, good.key(), "pgdelta.tls-certificate", nowhere + ": there is no such");
    assertRefused(good.certificate(), nowhere, "pgdelta.tls-key", nowhere + ": there is no such");
    assertRefused(directory, good.key(), "pgdelta.tls-certificate", "cannot read " + directory);
    Path large = Files.write(directory.resolve("large"), new byte[(1 << 20) + 1]);
    assertRefused(large, good.key(), "larger than a megabyte");
  }

  @Test
  void refusesFilesThatHaveSomethingElse() throws Exception {
    assertRefused(good.key(), good.key(), "pgdelta.tls-certificate", "has no certificate");
    assertRefused(good.certificate(), good.certificate(), "pgdelta.tls-key", "has no private key");
    Path words = Files.writeString(directory.resolve("words"), "-----BEGIN CERTIFICATE");
    assertRefused(words, good.key(), "pgdelta.tls-certificate", "not well-formed");
    Path half = directory.resolve("half");
    String whole = Files.readString(good.certificate());
    for (int length = 0; length < whole.length() - 30; length += 7) {
      Files.writeString(half, whole.substring(0, length));
      assertRefused(half, good.key(), "Setting pgdelta.tls-certificate: " + half);
    }
  }

  @Test
  void refusesAChainInAnotherOrder() throws Exception {
    Path both = directory.resolve("both");
    Files.writeString(
        both, Files.readString(good.certificate()) + Files.readString(other.certificate()));
    assertRefused(both, good.key(), "number 2 did not sign number 1");
  }

  @Test
  void takesAChain() throws Exception {
    Path request = directory.resolve("leaf.csr");
    Path leaf = directory.resolve("leaf.crt");
    Path key = directory.resolve("leaf.key");
    Certificates.openssl(
        "req -new -nodes -newkey rsa:2048 -subj /CN=leaf -keyout %s -out %s"
            .formatted(key, request)
            .split(" "));
    Certificates.openssl(
        "x509 -req -in %s -CA %s -CAkey %s -set_serial 7 -out %s"
            .formatted(request, good.certificate(), good.key(), leaf)
            .split(" "));
    Path chain = directory.resolve("chain");
    Files.writeString(chain, Files.readString(leaf) + Files.readString(good.certificate()));
    TlsIdentity identity = parse(chain, key);
    assertThat(identity.chain()).hasSize(2);
    assertThat(identity.keyStore().getCertificateChain("tls")).hasSize(2);
  }

  @Test
  void knowsThatACertificateHasEnded() throws Exception {
    Certificates.Pair ended = Certificates.ended(directory, "ended");
    TlsFiles files = new TlsFiles(ended.certificate(), ended.key());
    TlsIdentity identity = TlsIdentity.parse(files, files.read());
    assertThatThrownBy(() -> identity.checkIsValidNow(files))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("tls-certificate", "is not valid now");
    TlsFiles others = new TlsFiles(good.certificate(), good.key());
    TlsIdentity.parse(others, others.read()).checkIsValidNow(others);
  }
}

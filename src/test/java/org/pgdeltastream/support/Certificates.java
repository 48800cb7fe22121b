package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates of a test's own, made by openssl. */
public final class Certificates {
  private static final String WHAT = "openssl";
  private static final String ADVICE = "install openssl (Debian)";
  private static final String PASSWORD = "in memory";
  private static final int DEADLINE_SECONDS = 60;
  private static final String[] RSA = {"-newkey", "rsa:2048"};

  private Certificates() {}

  /** A certificate and its key, each in a file. */
  public record Pair(Path certificate, Path key) {
    /** As the program is told of them. */
    public String[] settings() {
      return new String[] {"-Dpgdelta.tls-certificate=" + certificate, "-Dpgdelta.tls-key=" + key};
    }

    /** In place of those files, one after the other. */
    public void replace(Pair old) throws IOException {
      Files.write(old.certificate, Files.readAllBytes(certificate));
      Files.write(old.key, Files.readAllBytes(key));
    }
  }

  /** Aborts the test, and says so at the end, where it is not installed; with CI=true it fails. */
  public static void mustBeAtHand(String test) {
    Installed.needs(WHAT, ADVICE, test);
  }

  /**
   * One that signed itself, for localhost.
   *
   * @param name of its files, and of its subject
   * @param key such as {@code -newkey rsa:2048}
   */
  public static Pair make(Path directory, String name, String... key) throws Exception {
    Pair made = new Pair(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
    List<String> arguments = new ArrayList<>(List.of("req", "-x509", "-nodes", "-days", "30"));
    arguments.addAll(List.of(key.length == 0 ? RSA : key));
    arguments.addAll(List.of("-subj", "/CN=" + name));
    arguments.addAll(List.of("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"));
    arguments.addAll(List.of("-keyout", made.key.toString(), "-out", made.certificate.toString()));
    openssl(arguments.toArray(String[]::new));
    return made;
  }

  /** One that has ended. */
  public static Pair ended(Path directory, String name) throws Exception {
    Pair made = new Pair(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
    String store = directory.resolve(name + ".p12").toString();
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    run(
        List.of(
            keytool,
            "-genkeypair",
            "-alias",
            name,
            "-keyalg",
            "RSA",
            "-dname",
            "CN=" + name,
            "-startdate",
            "-3d",
            "-validity",
            "1",
            "-keystore",
            store,
            "-storepass",
            PASSWORD));
    String[] both = {"pkcs12", "-in", store, "-passin", "pass:" + PASSWORD, "-nodes"};
    openssl(join(both, "-nokeys", "-out", made.certificate.toString()));
    openssl(join(both, "-nocerts", "-out", made.key.toString()));
    return made;
  }

  private static String[] join(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  public static void openssl(String... arguments) throws Exception {
    run(List.of(join(new String[] {WHAT}, arguments)));
  }

  private static void run(List<String> command) throws Exception {
    Path said = Files.createTempFile(WHAT, ".out");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    Files.delete(said);
  }

  private static X509Certificate read(Path certificate)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(certificate)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** Of a server that shows it. */
  public static SSLContext showing(Pair pair) throws Exception {
    Path store = Path.of(pair.key + ".p12");
    String[] from = {"pkcs12", "-export", "-in", pair.certificate + "", "-inkey", pair.key + ""};
    openssl(join(from, "-out", store.toString(), "-passout", "pass:" + PASSWORD));
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private static KeyStore trustOf(Path certificate) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("one", read(certificate));
    return store;
  }

  /** Has another program trust it, and no other. */
  public static String[] trust(Path certificate) throws Exception {
    Path file = Path.of(certificate + ".trust");
    try (OutputStream to = Files.newOutputStream(file)) {
      trustOf(certificate).store(to, PASSWORD.toCharArray());
    }
    return new String[] {
      "-Djavax.net.ssl.trustStore=" + file, "-Djavax.net.ssl.trustStorePassword=" + PASSWORD
    };
  }

  /** Of a client that trusts this one alone. */
  public static SSLContext trusting(Path certificate) {
    try {
      KeyStore store = trustOf(certificate);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** By which a browser is told to take it. */
  public static String hashOfKey(Path certificate) throws Exception {
    byte[] key = read(certificate).getPublicKey().getEncoded();
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
  }
}

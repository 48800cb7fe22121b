package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where this server's certificate and its key are, in PEM (RFC 7468).
 *
 * @param certificate the server's own first, then those that lead to an authority
 * @param key of the first certificate, without a passphrase
 */
record TlsFiles(Path certificate, Path key) {
  static final String CERTIFICATE = "pgdelta.tls-certificate";
  static final String KEY = "pgdelta.tls-key";

  private static final int MOST_BYTES = 1 << 20;

  /**
   * What was in both at one time.
   *
   * @param problem why they cannot be read; else empty
   */
  record Text(String certificate, String key, String problem) {}

  /**
   * Those that are set; empty without TLS.
   *
   * @throws IOException if only one of the two is
   */
  static Optional<TlsFiles> ofSettings() throws IOException {
    String certificate = setting(CERTIFICATE, "PGDELTA_TLS_CERTIFICATE");
    String key = setting(KEY, "PGDELTA_TLS_KEY");
    if (certificate.isBlank() != key.isBlank()) {
      boolean lacksKey = key.isBlank();
      throw new IOException(
          "Setting %s is there without %s: TLS needs both, the port would be open without it"
              .formatted(lacksKey ? CERTIFICATE : KEY, lacksKey ? KEY : CERTIFICATE));
    }
    return certificate.isBlank()
        ? Optional.empty()
        : Optional.of(new TlsFiles(Path.of(certificate), Path.of(key)));
  }

  private static String setting(String property, String variable) {
    String text = System.getProperty(property, "");
    return text.isBlank() ? Optional.ofNullable(System.getenv(variable)).orElse("") : text;
  }

  /** Reads both now. */
  Text read() {
    try {
      return new Text(read(CERTIFICATE, certificate), read(KEY, key), "");
    } catch (IOException e) {
      return new Text("", "", e.getMessage() + "");
    }
  }

  private static String read(String setting, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException("it is larger than a megabyte");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      String why =
          e instanceof NoSuchFileException
              ? "there is no such file"
              : e instanceof AccessDeniedException
                  ? "this program's user may not read it"
                  : e.getMessage();
      throw new IOException("Setting %s: cannot read %s: %s".formatted(setting, file, why), e);
    }
  }
}

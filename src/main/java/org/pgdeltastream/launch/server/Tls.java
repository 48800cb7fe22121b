package org.pgdeltastream.launch.server;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/**
 * TLS 1.2 and 1.3 on a connector. The certificate and its key are read again when they change: who
 * is connected stays, who comes gets the new one. One that cannot be used is never taken.
 */
final class Tls implements AutoCloseable {
  /** Set while this program serves TLS: elsewhere the application refuses the settings. */
  static final String MARK = "org.pgdeltastream.launch.tls";

  private static final System.Logger LOG = System.getLogger(Tls.class.getName());

  private static final int CHECK_SECONDS = 2;
  private static final int LAST_DAYS = 14;
  private static final int SESSIONS = 1_000; // for clients of TLS 1.2 without tickets
  private static final int MOST_OF_HELLO = 16 << 10; // one record: the buffer never grows

  private final TlsFiles files;
  private final AbstractHttp11Protocol<?> protocol;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile TlsIdentity identity;
  private TlsFiles.Text seen;
  private TlsFiles.Text tried;
  private long toldDays = Long.MAX_VALUE;

  private Tls(TlsFiles files, AbstractHttp11Protocol<?> protocol) throws IOException {
    this.files = files;
    this.protocol = protocol;
    seen = files.read();
    tried = seen;
    identity = TlsIdentity.parse(files, seen);
  }

  /**
   * Makes it a connector of TLS alone; before it is started.
   *
   * @throws IOException naming the setting that cannot be used
   */
  static Tls on(Connector connector, TlsFiles files) throws IOException {
    Tls tls = new Tls(files, (AbstractHttp11Protocol<?>) connector.getProtocolHandler());
    connector.setScheme("https");
    connector.setSecure(true);
    tls.protocol.setSSLEnabled(true);
    connector.setProperty("sniParseLimit", String.valueOf(MOST_OF_HELLO));
    tls.use(tls.identity);
    System.setProperty(MARK, "on");
    Thread thread = new Thread(tls::run, "TLS certificate");
    thread.setDaemon(true);
    thread.start();
    return tls;
  }

  private void use(TlsIdentity next) throws IOException {
    SSLHostConfig config = new SSLHostConfig();
    config.setProtocols("TLSv1.2+TLSv1.3");
    config.setSessionCacheSize(SESSIONS);
    SSLHostConfigCertificate certificate =
        new SSLHostConfigCertificate(config, SSLHostConfigCertificate.Type.UNDEFINED);
    certificate.setCertificateKeystore(next.keyStore());
    certificate.setCertificateKeyPassword(TlsIdentity.PASSWORD);
    config.addCertificate(certificate);
    try {
      config.setCiphers(String.join(",", ciphers()));
      protocol.addSslHostConfig(config, true);
    } catch (GeneralSecurityException | RuntimeException e) { // Tomcat's, for what it cannot use
      throw new IOException("The TLS certificate cannot be used: " + e.getMessage(), e);
    }
    identity = next;
    LOG.log(
        INFO,
        "TLS with the certificate of {0}, which ends on {1}",
        files.certificate().toString(),
        end().toString());
  }

  /** Of TLS 1.2, as the JDK has them; those of 1.3, which have other names, stay. */
  private static List<String> ciphers() throws GeneralSecurityException {
    return Stream.of(SSLContext.getDefault().getDefaultSSLParameters().getCipherSuites())
        .filter(name -> name.contains("_WITH_"))
        .toList();
  }

  private Instant end() {
    return identity.chain().get(0).getNotAfter().toInstant();
  }

  private void run() {
    try {
      do {
        try {
          look();
          warnOfItsEnd();
        } catch (RuntimeException | Error e) { // the next look may do better
          LOG.log(WARNING, "The TLS certificate was not looked at", e);
        }
      } while (!closed.await(CHECK_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The two are written one after the other: what two looks find alike is taken. */
  private void look() {
    TlsFiles.Text now = files.read();
    boolean settled = now.equals(seen);
    seen = now;
    if (!settled || now.equals(tried)) {
      return;
    }
    tried = now;
    try {
      TlsIdentity next = TlsIdentity.parse(files, now);
      next.checkIsValidNow(files);
      use(next);
    } catch (IOException e) {
      LOG.log(WARNING, "{0}. The TLS certificate that was taken before stays", e.getMessage());
    }
  }

  /** Each day of its last two weeks, and once it has ended. */
  private void warnOfItsEnd() {
    long days = Math.max(-1, ChronoUnit.DAYS.between(Instant.now(), end()));
    if (days < LAST_DAYS && days != toldDays) {
      LOG.log(
          WARNING,
          "The TLS certificate of {0} ends on {1}; a new one in its place is taken without a restart",
          files.certificate().toString(),
          end().toString());
    }
    toldDays = days;
  }

  /** The hosts that the certificate is for. */
  List<String> hosts() {
    return identity.hosts();
  }

  /** A call of this program's to itself: its certificate is for other names than an address. */
  void trust(HttpURLConnection call) throws IOException {
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      own.setCertificateEntry("own", identity.chain().get(0));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(own);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      HttpsURLConnection secure = (HttpsURLConnection) call;
      secure.setSSLSocketFactory(context.getSocketFactory());
      secure.setHostnameVerifier((name, with) -> true);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    System.clearProperty(MARK);
  }
}

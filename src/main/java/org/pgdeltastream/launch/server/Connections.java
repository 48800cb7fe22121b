package org.pgdeltastream.launch.server;

import static java.lang.System.Logger.Level.WARNING;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Properties;

/**
 * How many connections the connector accepts at once, and what it gives to each. Anybody who
 * reaches the port can hold idle connections, and Tomcat's threads that accept connections die of
 * an OutOfMemoryError: all that are accepted must fit into the heap.
 */
record Connections(int most, boolean tls) {
  /** With half a header, which is the most: 8,000 took 22.7 KB each (IdleConnectionsIT). */
  private static final long BYTES_EACH = 23 << 10;

  /** With half a header likewise, behind a handshake (TlsConnectionsIT). */
  private static final long TLS_BYTES_EACH = 120 << 10;

  private static final int MOST_WANTED = 32_768;
  private static final int FEWEST = 100;
  private static final int ENOUGH = 8_000;
  private static final int OTHER_FILES = 600; // jars, the log, PostgreSQL's connections

  private static final System.Logger LOG = System.getLogger(Connections.class.getName());

  /** As many as fit into the memory of this process and its limit of files. */
  static Connections fitting(boolean tls) {
    return fitting(Runtime.getRuntime().maxMemory(), mostFiles(), tls);
  }

  /** Into three quarters of the heap, and of the files that a process may open all but a few. */
  static Connections fitting(long heap, long files, boolean tls) {
    long each = tls ? TLS_BYTES_EACH : BYTES_EACH;
    long most = Math.min(heap / 4 * 3 / each, files - OTHER_FILES);
    return new Connections((int) Math.max(FEWEST, Math.min(MOST_WANTED, most)), tls);
  }

  private static long mostFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }

  /** One line, where fewer fit than anybody who reaches the port can easily open. */
  void log() {
    if (most < ENOUGH) {
      LOG.log(
          WARNING,
          "Only {0} connections fit at once; more of them wait until others end. Raise -Xmx"
              + " ({2} is enough for {1}) or ulimit -n",
          String.valueOf(most),
          String.valueOf(ENOUGH),
          tls ? "1300m" : "256m");
    }
  }

  /**
   * The connector's attributes. The buffers are small because each connection has its own; what
   * writes much has a large one meanwhile: {@link Answers} for a table, the application for a
   * stream.
   */
  void configure(Properties resources) {
    set(resources, "maxConnections", most);
    set(resources, "acceptCount", 1_000); // those beyond, which the system keeps
    set(resources, "socket.appReadBufSize", 1 << 10);
    set(resources, "socket.appWriteBufSize", 1 << 10);
    set(resources, "socket.bufferPool", 0); // else large ones would stay in it
    set(resources, "maxHttpRequestHeaderSize", 8 << 10);
    set(resources, "maxHttpResponseHeaderSize", 2 << 10);
    set(resources, "maxTrailerSize", 64); // nobody reads any, and one read waits for all of it
    set(resources, "maxExtensionSize", 64); // likewise, of all chunks together
    // The kernel's, which doubles it. Without, a client that stands still has up to 4 MB there, and
    // one that reads slowly seems to stand still. With half of it, pieces of 64 KB wait for
    // acknowledgements on a loopback address: a table at a thirtieth of its speed.
    set(resources, "socket.txBufSize", 64 << 10);
    // milliseconds: for a header's next bytes, for the next request, for a body's next bytes
    set(resources, "connectionTimeout", 10_000);
    set(resources, "keepAliveTimeout", 20_000);
    set(resources, "connectionUploadTimeout", 5_000);
    resources.setProperty("connector.attributes.disableUploadTimeout", "false");
  }

  private static void set(Properties resources, String attribute, int value) {
    resources.setProperty("connector.attributes." + attribute, String.valueOf(value));
  }
}

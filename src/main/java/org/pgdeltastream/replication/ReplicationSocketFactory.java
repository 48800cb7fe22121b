package org.pgdeltastream.replication;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sockets of our connections. The driver creates the factory by its class name and hands
 * it a key; under this key a replication connection's {@link SocketInput} is left for us. Ordinary
 * connections have no key: they only tell how far PostgreSQL is.
 */
public final class ReplicationSocketFactory extends SocketFactory {
  static final String NO_KEY = "";
  private static final Map<String, BufferedSocket> CONNECTING = new ConcurrentHashMap<>();
  private static final RoundTrips ROUND_TRIPS = new RoundTrips();

  private final String key;

  public ReplicationSocketFactory(String key) {
    this.key = key;
  }

  /** The input of the socket that was last made for this key; asked once. */
  static SocketInput taken(String key) throws IOException {
    BufferedSocket socket = CONNECTING.remove(key);
    return Objects.requireNonNull(socket, "no socket was made for this connection").input();
  }

  static void forget(String key) {
    CONNECTING.remove(key);
  }

  @Override
  public Socket createSocket() {
    if (key.equals(NO_KEY)) {
      return new TimedSocket();
    }
    BufferedSocket socket = new BufferedSocket();
    CONNECTING.put(key, socket); // of several hosts the last one is the connected one
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException("the driver connects its sockets itself");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
    throw new UnsupportedOperationException("the driver connects its sockets itself");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException("the driver connects its sockets itself");
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("the driver connects its sockets itself");
  }

  private static class TimedSocket extends Socket {
    @Override
    public void connect(SocketAddress address, int timeout) throws IOException {
      long start = System.nanoTime();
      super.connect(address, timeout);
      ROUND_TRIPS.took(getInetAddress(), System.nanoTime() - start);
    }
  }

  /** Its receive buffer is set before the connect: later it would not bound the window. */
  private static final class BufferedSocket extends TimedSocket {
    private int receiveBuffer;
    private @Nullable SocketInput input;

    @Override
    public void connect(SocketAddress address, int timeout) throws IOException {
      if (address instanceof InetSocketAddress host && !host.isUnresolved()) {
        receiveBuffer = ROUND_TRIPS.receiveBuffer(host.getAddress());
      }
      if (receiveBuffer > 0) {
        setReceiveBufferSize(receiveBuffer);
      }
      super.connect(address, timeout);
    }

    SocketInput input() throws IOException {
      SocketInput present = input;
      if (present == null) {
        present = new SocketInput(this, super.getInputStream(), receiveBuffer);
        input = present;
      }
      return present;
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return input();
    }
  }
}

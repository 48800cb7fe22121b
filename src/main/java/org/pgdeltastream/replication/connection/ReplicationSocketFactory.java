package org.pgdeltastream.replication.connection;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sockets of our connections. The driver creates the factory by its class name and gives
 * it a key, under which we have stored the socket's purpose: whether we wait for its {@link
 * SocketInput} outside the driver, and from where others may cut it. A socket without a key only
 * measures how far away PostgreSQL is.
 */
public final class ReplicationSocketFactory extends SocketFactory {
  static final String NO_KEY = "";
  private static final Map<String, Purpose> CONNECTING = new ConcurrentHashMap<>();
  private static final RoundTrips ROUND_TRIPS = new RoundTrips();

  private final String key;

  public ReplicationSocketFactory(String key) {
    this.key = key;
  }

  /** What the sockets of one connection are for; of several hosts the last is the connected one. */
  static final class Purpose {
    private final boolean buffered;
    private final Optional<OpenSockets> cuts;
    private @Nullable BufferedSocket last;

    /**
     * The purpose of one connection that is to be opened.
     *
     * @param buffered whether {@link #input} is wanted
     * @param cuts can cut them
     */
    Purpose(boolean buffered, Optional<OpenSockets> cuts) {
      this.buffered = buffered;
      this.cuts = cuts;
    }

    /** The input of the socket that was last made. */
    SocketInput input() throws IOException {
      return Objects.requireNonNull(last, "no socket was made for this connection").input();
    }

    private Socket make() throws IOException {
      TimedSocket socket = new TimedSocket();
      if (buffered) {
        BufferedSocket input = new BufferedSocket();
        last = input;
        socket = input;
      }
      if (cuts.isPresent()) {
        cuts.get().add(socket);
      }
      return socket;
    }
  }

  /** Stores the purpose under this key. */
  static void expect(String key, Purpose purpose) {
    CONNECTING.put(key, purpose);
  }

  static void forget(String key) {
    CONNECTING.remove(key);
  }

  @Override
  public Socket createSocket() throws IOException {
    Purpose purpose = CONNECTING.get(key);
    return purpose == null ? new TimedSocket() : purpose.make();
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

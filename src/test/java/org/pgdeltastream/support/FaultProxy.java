package org.pgdeltastream.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A TCP proxy on the loopback address that can stop forwarding, as a network does that loses every
 * packet, and reset its connections.
 */
public final class FaultProxy implements AutoCloseable {
  private final ServerSocket server;
  private volatile int target;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile boolean frozen;

  private FaultProxy(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  /** In front of this loopback port. */
  public static FaultProxy to(int target) throws IOException {
    FaultProxy proxy =
        new FaultProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
    start("proxy", proxy::accept);
    return proxy;
  }

  public int port() {
    return server.getLocalPort();
  }

  /** New connections go to this port from now on; open ones stay where they are. */
  public void redirect(int port) {
    target = port;
  }

  /** Nothing is forwarded any more, on new connections neither. */
  public void freeze() {
    frozen = true;
    links.forEach(Link::freeze);
  }

  /** Nothing is forwarded any more on the connections that are open; new ones work. */
  public void freezeOpenOnes() {
    links.forEach(Link::freeze);
  }

  /** Everything held back is forwarded. */
  public void thaw() {
    frozen = false;
    links.forEach(Link::thaw);
  }

  /** Resets all connections. */
  public void reset() {
    links.forEach(Link::reset);
  }

  @Override
  public void close() throws IOException {
    server.close();
    reset();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Socket upstream = new Socket();
        Link link = new Link(client, upstream);
        links.add(link);
        if (frozen) {
          link.freeze();
        }
        try {
          upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
          start("proxy up", () -> link.pump(client, upstream));
          start("proxy down", () -> link.pump(upstream, client));
        } catch (IOException e) {
          link.reset(); // nobody listens there
        }
      } catch (IOException e) {
        // closed: the loop ends
      }
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private final class Link {
    private final Socket client;
    private final Socket upstream;
    private boolean held;

    Link(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
    }

    synchronized void freeze() {
      held = true;
    }

    synchronized void thaw() {
      held = false;
      notifyAll();
    }

    private synchronized void awaitThaw() throws InterruptedException {
      while (held) {
        wait();
      }
    }

    void reset() {
      links.remove(this);
      for (Socket socket : List.of(client, upstream)) {
        try {
          socket.setSoLinger(true, 0);
          socket.close();
        } catch (IOException e) {
          // closed already
        }
      }
      thaw();
    }

    void pump(Socket from, Socket to) {
      byte[] buffer = new byte[64 * 1024];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          awaitThaw();
          out.write(buffer, 0, count);
        }
        awaitThaw(); // an end is held back too
      } catch (IOException e) {
        // one side has gone: so goes the other
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      reset();
    }
  }
}

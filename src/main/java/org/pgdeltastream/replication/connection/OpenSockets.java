package org.pgdeltastream.replication.connection;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets that were opened for one purpose, so that another thread can end whatever waits for
 * them: the driver itself waits as long as the network does. For any thread.
 */
public final class OpenSockets implements Closeable {
  private final List<Closeable> open = new ArrayList<>();
  private boolean closed;

  /** Adds a socket that is about to be connected, or another owner's that a thread waits for. */
  void add(Closeable socket) throws IOException {
    synchronized (this) {
      open.removeIf(one -> one instanceof Socket known && known.isClosed());
      open.add(socket);
      if (!closed) {
        return;
      }
    }
    socket.close();
    throw new IOException("What this connection was for has ended");
  }

  /** No thread waits for it any more. */
  synchronized void remove(Closeable socket) {
    open.remove(socket);
  }

  /** The sockets open now have another owner from now on. */
  public synchronized void forget() {
    open.clear();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Cuts them all, and those that are added later. */
  @Override
  public void close() {
    List<Closeable> cut;
    synchronized (this) {
      closed = true;
      cut = List.copyOf(open);
    }
    for (Closeable socket : cut) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone already
      }
    }
  }
}

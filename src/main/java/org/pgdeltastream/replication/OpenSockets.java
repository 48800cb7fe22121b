package org.pgdeltastream.replication;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets that somebody has opened for one purpose, so that another thread can end whatever
 * waits for them: the driver itself waits as long as the network does. For any thread.
 */
public final class OpenSockets implements AutoCloseable {
  private final List<Socket> sockets = new ArrayList<>();
  private boolean closed;

  /** A socket that is about to be connected. */
  void add(Socket socket) throws IOException {
    synchronized (this) {
      sockets.removeIf(Socket::isClosed);
      sockets.add(socket);
      if (!closed) {
        return;
      }
    }
    socket.close();
    throw new IOException("What this connection was for has ended");
  }

  /** Those open now have another owner from now on. */
  public synchronized void forget() {
    sockets.clear();
  }

  /** Cuts them all, and those that are added later. */
  @Override
  public void close() {
    List<Socket> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(sockets);
    }
    for (Socket socket : open) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone already
      }
    }
  }
}

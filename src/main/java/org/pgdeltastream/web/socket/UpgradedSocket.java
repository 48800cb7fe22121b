package org.pgdeltastream.web.socket;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import jakarta.servlet.http.WebConnection;
import java.lang.reflect.Field;

/**
 * The socket under an upgraded connection. Tomcat notes a close and acts on it when the socket next
 * has something to say, which that of a client who neither reads nor writes never has: there its
 * own socket is closed as well. Servers that close by themselves have none of these fields.
 */
public final class UpgradedSocket {
  private static final System.Logger LOG = System.getLogger(UpgradedSocket.class.getName());

  private static final int LEAST_LEFT = 256;

  private UpgradedSocket() {}

  /** Closes at once; what the client has not taken is lost. */
  public static void close(WebConnection connection) {
    try {
      connection.close();
    } catch (Exception e) { // the client had gone
      LOG.log(DEBUG, "Closing a connection: " + e);
    }
    try {
      Object socket = socket(connection);
      socket.getClass().getMethod("close").invoke(socket);
    } catch (ReflectiveOperationException | RuntimeException e) {
      boolean tomcat = connection.getClass().getName().startsWith("org.apache.");
      LOG.log(tomcat ? WARNING : DEBUG, "The socket of a client is left to the server: " + e);
    }
  }

  /**
   * Gives the connection buffers of this size where it has smaller ones, which Tomcat would write
   * out one by one. The runnable jar gives each connection a small one.
   */
  public static void widen(WebConnection connection, int bytes) {
    try {
      Object socket = socket(connection);
      Object buffers = socket.getClass().getMethod("getSocketBufferHandler").invoke(socket);
      buffers.getClass().getMethod("expand", int.class).invoke(buffers, bytes);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(DEBUG, "The buffers of a client's connection are the server's own: " + e);
    }
  }

  /**
   * Holds no more than what is left of a write that the client did not take: Tomcat holds 64 KB for
   * it, which thousands of clients that stand still would not leave of the heap.
   */
  public static void holdLittle(WebConnection connection) {
    try {
      Object left = field(socket(connection), "nonBlockingWriteBuffer");
      Field size = left.getClass().getDeclaredField("bufferSize");
      size.setAccessible(true);
      size.setInt(left, LEAST_LEFT);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(DEBUG, "What a client does not take is the server's own: " + e);
    }
  }

  private static Object socket(WebConnection connection) throws ReflectiveOperationException {
    return field(field(connection, "upgradeServletOutputStream"), "socketWrapper");
  }

  private static Object field(Object owner, String name) throws ReflectiveOperationException {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          field.setAccessible(true);
          Object value = field.get(owner);
          if (value != null) {
            return value;
          }
        }
      }
    }
    throw new NoSuchFieldException(name + " is not there, or null");
  }
}

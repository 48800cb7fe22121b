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

  private static Object socket(WebConnection connection) throws ReflectiveOperationException {
    return field(field(connection, "upgradeServletOutputStream"), "socketWrapper");
  }

  private static Object field(Object owner, String name) throws ReflectiveOperationException {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    Object value = field.get(owner);
    if (value == null) {
      throw new NoSuchFieldException(name + " is null");
    }
    return value;
  }
}

package org.pgdeltastream.launch.server;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.time.Duration;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Gives a connection a large write buffer while a table or a page is sent, and small ones for a
 * feed's answer; both have a time limit for a client that reads nothing. After any answer, discards
 * the rest of the request's body.
 */
final class Answers extends ValveBase {
  private static final String LARGE = "/v1/snapshot/";
  private static final int PIECE = 16 << 10;
  private static final String LONG = "/v1/feeds/";
  private static final int FEW = 64; // characters

  private final UnreadBody body = new UnreadBody();
  private final Duration sendTimeout;

  /**
   * For a server's engine.
   *
   * @param sendTimeout how long a client may take nothing of its answer
   */
  Answers(Duration sendTimeout) {
    super(true); // the application's asynchronous requests pass here too
    this.sendTimeout = sendTimeout;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    String path = String.valueOf(request.getRequestURI()); // none where the request is malformed
    if (path.startsWith(LONG)) {
      socket(request).setWriteTimeout(sendTimeout.toMillis());
      holdFewCharacters(request, response);
    }
    if (!path.startsWith(LARGE)) {
      getNext().invoke(request, response);
      takeBody(request, response);
      return;
    }
    SocketWrapperBase<?> socket = socket(request);
    socket.setWriteTimeout(sendTimeout.toMillis());
    SocketBufferHandler buffers = socket.getSocketBufferHandler();
    ByteBuffer small = exchange(buffers, ByteBuffer.allocate(PIECE));
    getNext().invoke(request, response);
    response.finishResponse();
    if (buffers.isWriteBufferEmpty()) { // else the connection failed, and ends
      exchange(buffers, small);
    }
    takeBody(request, response);
  }

  /** After the answer, which its client shall have first. */
  private void takeBody(Request request, Response response) throws IOException {
    if (!request.isAsync() && !UnreadBody.isWhole(request.getCoyoteRequest())) {
      response.finishResponse();
      body.take(request.getCoyoteRequest());
    }
  }

  /** Tomcat holds 32 KB for characters as long as the answer goes on, and it is of bytes. */
  private static void holdFewCharacters(Request request, Response response) {
    exchangeCharacters(field(Request.class, "inputBuffer", request));
    exchangeCharacters(field(Response.class, "outputBuffer", response));
  }

  private static void exchangeCharacters(Object buffer) {
    CharBuffer large = (CharBuffer) field(buffer.getClass(), "cb", buffer);
    if (large.capacity() > FEW) {
      set(buffer.getClass(), "cb", buffer, CharBuffer.allocate(FEW).limit(0));
    }
  }

  private static SocketWrapperBase<?> socket(Request request) {
    Object processor = field(org.apache.coyote.Request.class, "hook", request.getCoyoteRequest());
    return (SocketWrapperBase<?>)
        field(org.apache.coyote.AbstractProcessor.class, "socketWrapper", processor);
  }

  /** Exchanges an empty write buffer for another. */
  private static ByteBuffer exchange(SocketBufferHandler buffers, ByteBuffer other) {
    buffers.configureWriteBufferForWrite();
    ByteBuffer before = buffers.getWriteBuffer();
    set(SocketBufferHandler.class, "writeBuffer", buffers, other);
    return before;
  }

  private static void set(Class<?> owner, String name, Object of, Object value) {
    try {
      Field field = owner.getDeclaredField(name);
      field.setAccessible(true);
      field.set(of, value);
    } catch (ReflectiveOperationException e) { // another Tomcat
      throw new IllegalStateException(e);
    }
  }

  private static Object field(Class<?> owner, String name, Object of) {
    try {
      Field field = owner.getDeclaredField(name);
      field.setAccessible(true);
      return field.get(of);
    } catch (ReflectiveOperationException e) { // another Tomcat
      throw new IllegalStateException(e);
    }
  }
}

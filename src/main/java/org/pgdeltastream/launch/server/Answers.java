package org.pgdeltastream.launch.server;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Gives a connection a large write buffer, and a time limit for a client that reads nothing, while
 * a table or a page is sent. After any answer, discards the rest of the request's body.
 */
final class Answers extends ValveBase {
  private static final String LARGE = "/v1/snapshot/";
  private static final int PIECE = 16 << 10;

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

  private static SocketWrapperBase<?> socket(Request request) {
    Object processor = field(org.apache.coyote.Request.class, "hook", request.getCoyoteRequest());
    return (SocketWrapperBase<?>)
        field(org.apache.coyote.AbstractProcessor.class, "socketWrapper", processor);
  }

  /** Exchanges an empty write buffer for another. */
  private static ByteBuffer exchange(SocketBufferHandler buffers, ByteBuffer other) {
    buffers.configureWriteBufferForWrite();
    ByteBuffer before = buffers.getWriteBuffer();
    try {
      Field field = SocketBufferHandler.class.getDeclaredField("writeBuffer");
      field.setAccessible(true);
      field.set(buffers, other);
      return before;
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

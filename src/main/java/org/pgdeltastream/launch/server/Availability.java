package org.pgdeltastream.launch.server;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;

/**
 * Answers while the application does not: the port is open before and after it, and Tomcat alone
 * would say 404, which a client may take as final.
 */
public final class Availability extends ValveBase {
  /** The answer while the application starts. */
  public static final String STARTING =
      """
      {"error":"This server starts","code":"starting","retry":true,"hint":"Try again in a second"}
      """;

  private static final String STOPPING =
      """
      {"error":"This server stops","code":"upstream_busy","retry":true,"hint":"Try again, or ask another one"}
      """;

  /** For a browser's EventSource, which another status than 200 would end for good. */
  private static final String LATER =
      """
      retry: 2000

      event: bye
      data: {"code":1012,"reason":"service_restart","detail":"the server starts or stops"}

      """;

  private volatile @Nullable String refusal = STARTING;

  Availability() {
    super(true); // the application's asynchronous requests pass here too
  }

  void started() {
    refusal = null;
  }

  void stopping() {
    refusal = STOPPING;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    String body = refusal;
    if (body == null) {
      getNext().invoke(request, response);
      return;
    }
    response.reset(); // what Tomcat has noted: that it knows no such path
    if ("text/event-stream".equals(request.getHeader("Accept"))) {
      answer(response, "text/event-stream", LATER);
    } else {
      response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      response.setHeader("Retry-After", "1");
      answer(response, "application/json", body.strip());
    }
  }

  private static void answer(Response response, String type, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    response.setHeader("Cache-Control", "no-store");
    response.setContentType(type);
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
    response.finishResponse();
  }
}

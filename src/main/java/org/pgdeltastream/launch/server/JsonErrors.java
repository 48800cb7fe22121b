package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.io.Writer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;

/**
 * What Tomcat refuses before the application hears of it, such as a malformed header, in the
 * application's JSON: without the server's name, its version, or what was sent.
 */
public final class JsonErrors extends ErrorReportValve {
  private static final int FIRST_ERROR = 400;
  private static final int FIRST_OF_SERVER = 500;

  @Override
  protected void report(Request request, Response response, @Nullable Throwable failure) {
    int status = response.getStatus();
    if (status < FIRST_ERROR || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    AtomicBoolean possible = new AtomicBoolean();
    response.getCoyoteResponse().action(ActionCode.IS_IO_ALLOWED, possible);
    if (!possible.get()) {
      return;
    }
    try {
      response.setContentType("application/json");
      response.setCharacterEncoding("utf-8");
      Writer out = response.getReporter();
      if (out != null) {
        out.write(json(status));
        response.finishResponse();
      }
    } catch (IOException | IllegalStateException e) {
      container.getLogger().debug("A refusal cannot be sent", e);
    }
  }

  static String json(int status) {
    return "{\"error\":\"%s\",\"code\":\"%s\",\"retry\":%s}"
        .formatted(
            switch (status) {
              case 404 -> "There is nothing at this path";
              case 405, 501 -> "This server does not take this method or transfer encoding";
              case 413, 414, 431 -> "The request is too large";
              case 417 -> "This expectation cannot be met; leave Expect out";
              case 503 -> "This server is busy";
              case 505 -> "This server speaks HTTP/1.1";
              default ->
                  status < FIRST_OF_SERVER
                      ? "The request is not well-formed (" + status + ")"
                      : "internal error; the log says more";
            },
            switch (status) {
              case 404 -> "not_found";
              case 405, 501 -> "method_not_allowed";
              case 413, 414, 431 -> "payload_too_large";
              case 503 -> "upstream_busy";
              default -> status < FIRST_OF_SERVER || status == 505 ? "bad_request" : "internal";
            },
            status == 503);
  }
}

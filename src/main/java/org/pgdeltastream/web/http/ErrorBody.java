package org.pgdeltastream.web.http;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The answer to a request that fails: the same JSON from filters, resources and the container's own
 * refusals.
 *
 * @param hint what to do; empty if the error says it all
 */
public record ErrorBody(int status, String code, String error, boolean retry, String hint) {
  private static final String RETRY_AFTER_SECONDS = "5";
  private static final int TOO_MANY = 429;

  String json() {
    JsonObjectBuilder body =
        Json.createObjectBuilder().add("error", error).add("code", code).add("retry", retry);
    if (!hint.isEmpty()) {
      body.add("hint", hint);
    }
    return body.build().toString();
  }

  /** The last line of a table in lines that has no end. */
  public byte[] lastLine() {
    JsonObjectBuilder line =
        Json.createObjectBuilder().add("complete", false).add("code", code).add("error", error);
    return (line.build() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** The last line of a CSV that has no end: a quoted field that is never closed. */
  public byte[] openQuote() {
    return ("\n\"" + code + ": " + error.replace("\"", "\"\"")).getBytes(StandardCharsets.UTF_8);
  }

  /** Counts this as what a request was refused with. */
  public void countIn(HttpServletRequest request) {
    Traffic.of(request).refused(code);
  }

  public byte[] bytes() {
    return json().getBytes(StandardCharsets.UTF_8);
  }

  /** The value of Retry-After, or nothing where waiting alone does not help. */
  public String retryAfter() {
    boolean waits = status == HttpServletResponse.SC_SERVICE_UNAVAILABLE || status == TOO_MANY;
    return waits && retry ? RETRY_AFTER_SECONDS : "";
  }

  /** Sends this as the answer, and counts it; headers set before stay. */
  public void sendTo(HttpServletRequest request, HttpServletResponse response) throws IOException {
    countIn(request);
    byte[] bytes = bytes();
    response.setStatus(status);
    response.setContentType("application/json");
    if (!retryAfter().isEmpty()) {
      response.setHeader("Retry-After", retryAfter());
    }
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }
}

package org.pgdeltastream.web.http;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Puts the container's own refusals into our JSON: it is the error page of every status. */
public class ErrorServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (response.isCommitted()) { // Payara asks all the same; what went out must not grow an end
      return;
    }
    @Nullable Object failure = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
    @Nullable Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    if (failure instanceof IOException) { // Tomcat's, also where the body's reader has caught it
      Errors.ofStatus(HttpServletResponse.SC_BAD_REQUEST, null).sendTo(request, response);
    } else if (failure instanceof Throwable thrown) {
      Errors.of(thrown).sendTo(request, response);
    } else {
      int code = status instanceof Integer known ? known : HttpServletResponse.SC_NOT_FOUND;
      Errors.ofStatus(code, null).sendTo(request, response);
    }
  }
}

package org.pgdeltastream.web.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class HiddenHeaderRequestTest {
  private static final List<String> SENT = List.of("Host", "sec-websocket-extensions", "Upgrade");

  private final HttpServletRequest request =
      new HiddenHeaderRequest(
          (HttpServletRequest)
              Proxy.newProxyInstance(
                  HttpServletRequest.class.getClassLoader(),
                  new Class<?>[] {HttpServletRequest.class},
                  (proxy, method, arguments) ->
                      switch (method.getName()) {
                        case "getHeaderNames" -> Collections.enumeration(SENT);
                        case "getHeaders" -> Collections.enumeration(List.of("value"));
                        default -> "value";
                      }),
          "Sec-WebSocket-Extensions");

  @Test
  void hidesTheHeaderInAnyCase() {
    assertThat(request.getHeader("Sec-WebSocket-Extensions")).isNull();
    assertThat(request.getHeader("sec-websocket-extensions")).isNull();
    assertThat(Collections.list(request.getHeaders("Sec-WebSocket-Extensions"))).isEmpty();
    assertThat(Collections.list(request.getHeaderNames())).containsExactly("Host", "Upgrade");
  }

  @Test
  void leavesEveryOtherHeader() {
    assertThat(request.getHeader("Upgrade")).isEqualTo("value");
    assertThat(Collections.list(request.getHeaders("Upgrade"))).containsExactly("value");
    assertThat(request.getContentType()).isEqualTo("value");
  }

  @Test
  void hidesTheContentTypeWhereverItIsAskedFor() {
    HttpServletRequest hidden = new HiddenHeaderRequest(request, "Content-Type");
    assertThat(hidden.getContentType()).isNull();
    assertThat(hidden.getHeader("content-type")).isNull();
  }
}

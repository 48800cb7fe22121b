package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class UncompressedRequestTest {
  private static final List<String> SENT = List.of("Host", "sec-websocket-extensions", "Upgrade");

  private final HttpServletRequest request =
      new UncompressedRequest(
          (HttpServletRequest)
              Proxy.newProxyInstance(
                  HttpServletRequest.class.getClassLoader(),
                  new Class<?>[] {HttpServletRequest.class},
                  (proxy, method, arguments) ->
                      switch (method.getName()) {
                        case "getHeaderNames" -> Collections.enumeration(SENT);
                        case "getHeaders" -> Collections.enumeration(List.of("value"));
                        default -> "value";
                      }));

  @Test
  void hidesWhatTheClientOffersAboutCompression() {
    assertThat(request.getHeader("Sec-WebSocket-Extensions")).isNull();
    assertThat(request.getHeader("sec-websocket-extensions")).isNull();
    assertThat(Collections.list(request.getHeaders("Sec-WebSocket-Extensions"))).isEmpty();
    assertThat(Collections.list(request.getHeaderNames())).containsExactly("Host", "Upgrade");
  }

  @Test
  void leavesEveryOtherHeader() {
    assertThat(request.getHeader("Upgrade")).isEqualTo("value");
    assertThat(Collections.list(request.getHeaders("Upgrade"))).containsExactly("value");
  }
}

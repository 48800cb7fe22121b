package org.pgdeltastream.web.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which requests have a body. */
class BodyTest {
  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1, -1, , false",
    "HTTP/1.1, 0, , false",
    "HTTP/1.1, 1, , true",
    "HTTP/1.1, -1, chunked, true",
    "HTTP/2.0, -1, , true", // its frames tell
    "HTTP/2, -1, , true",
    "HTTP/2.0, 0, , false",
  })
  void isInWhatSaysSo(String protocol, long length, @Nullable String coding, boolean expected) {
    HttpServletRequest request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                BodyTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "getProtocol" -> protocol;
                      case "getContentLengthLong" -> length;
                      case "getHeader" -> coding;
                      default -> throw new AssertionError(method);
                    });
    assertThat(Body.isIn(request)).isEqualTo(expected);
  }
}

package org.pgdeltastream.web.socket;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.delivery.CloseReason;

class EndpointSubscriberTest {
  private final List<String> closes = new ArrayList<>();

  @Test
  void closesItsSessionOnce() throws Exception {
    EndpointSubscriber subscriber = new EndpointSubscriber(session(), Duration.ofSeconds(1));

    subscriber.close(CloseReason.SERVICE_RESTART, "first");
    subscriber.close(CloseReason.SLOW_SUBSCRIBER, "second");

    assertThat(closes).singleElement().asString().contains("first");
  }

  private Session session() {
    RemoteEndpoint.Basic remote = proxy(RemoteEndpoint.Basic.class, (of, method, with) -> null);
    return proxy(
        Session.class,
        (of, method, with) ->
            switch (method.getName()) {
              case "getUserProperties" -> new HashMap<>();
              case "getBasicRemote" -> remote;
              case "close" -> closes.add(String.valueOf(with[0]));
              default -> throw new UnsupportedOperationException(method.getName());
            });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler answers) {
    return type.cast(
        Proxy.newProxyInstance(
            EndpointSubscriberTest.class.getClassLoader(), new Class<?>[] {type}, answers));
  }
}

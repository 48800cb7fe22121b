package org.pgdeltastream.launch.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConnectorWatchTest {
  private final CountDownLatch ended = new CountDownLatch(1);

  @Test
  void endsTheProcessWhenAThreadThatTakesConnectionsHasDied(@TempDir Path directory)
      throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(directory.toString());
    tomcat.setPort(0);
    tomcat.getConnector();
    tomcat.start();
    List<Thread> threads = ConnectorWatch.threads();
    assertThat(threads)
        .extracting(Thread::getName)
        .anyMatch(name -> name.endsWith("-Acceptor"))
        .anyMatch(name -> name.endsWith("-Poller"));

    try (ConnectorWatch watch = ConnectorWatch.start(threads, ended::countDown)) {
      assertThat(watch).isNotNull();
      tomcat.stop(); // they end, as an error would end them

      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }
    tomcat.destroy();
  }

  @Test
  void knowsTheThreadsOfAConnectorWithTls() throws Exception {
    CountDownLatch stop = new CountDownLatch(1);
    Thread poller = new Thread(() -> await(stop), "https-jsse-nio-127.0.0.1-1-Poller");
    poller.start();

    assertThat(ConnectorWatch.threads()).contains(poller);

    stop.countDown();
    poller.join();
  }

  @Test
  void endsNothingWhereTheServerIsStopped() throws Exception {
    CountDownLatch stop = new CountDownLatch(1);
    Thread acceptor = new Thread(() -> await(stop), "http-nio-1-Acceptor");
    acceptor.start();
    ConnectorWatch watch = ConnectorWatch.start(List.of(acceptor), ended::countDown);

    watch.close();
    stop.countDown();
    acceptor.join();

    assertThat(ended.await(1500, TimeUnit.MILLISECONDS)).isFalse();
  }

  private static void await(CountDownLatch stop) {
    try {
      stop.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

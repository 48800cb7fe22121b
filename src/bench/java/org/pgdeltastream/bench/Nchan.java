package org.pgdeltastream.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** nginx with its module nchan, on a port and with a configuration of its own. */
@SuppressWarnings("try") // close may be interrupted
final class Nchan implements AutoCloseable {
  static final String ADVICE = "apt-get install nginx-light libnginx-mod-nchan";
  private static final List<Path> MODULES =
      List.of(
          Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so"),
          Path.of("/usr/share/nginx/modules/ngx_nchan_module.so"));
  private static final List<Path> PROGRAMS =
      List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/bin/nginx"));

  private final Process process;
  private final int port;
  private final Socket publisher;
  private final byte[] answer = new byte[8192];

  private Nchan(Process process, int port, Socket publisher) {
    this.process = process;
    this.port = port;
    this.publisher = publisher;
  }

  private static Optional<Path> first(List<Path> paths) {
    return paths.stream().filter(Files::isReadable).findFirst();
  }

  /** Started; empty where it is not installed. */
  static Optional<Nchan> start(Path directory) throws Exception {
    Optional<Path> module = first(MODULES);
    Optional<Path> program = first(PROGRAMS);
    if (module.isEmpty() || program.isEmpty()) {
      return Optional.empty();
    }
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path home = Files.createDirectories(directory.resolve("nchan")).toAbsolutePath();
    Path file = home.resolve("nginx.conf");
    Files.writeString(
        file,
        """
        load_module %s;
        daemon off; master_process off; worker_processes 1; pid %s/nginx.pid; error_log %s/log;
        worker_rlimit_nofile 20000;
        events { worker_connections 16000; }
        http {
          access_log off;
          client_body_temp_path %s/body; proxy_temp_path %s/proxy; fastcgi_temp_path %s/fastcgi;
          uwsgi_temp_path %s/uwsgi; scgi_temp_path %s/scgi;
          keepalive_requests 1000000000; keepalive_timeout 1d;
          server {
            listen 127.0.0.1:%d backlog=1024;
            location /publish { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1000; }
            location /follow { nchan_subscriber websocket eventsource; nchan_channel_id bench; }
          }
        }
        """
            .formatted(module.get(), home, home, home, home, home, home, home, port));
    Process process =
        new ProcessBuilder(program.get().toString(), "-p", home.toString(), "-c", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("output").toFile())
            .start();
    return Optional.of(new Nchan(process, port, connect(process, port)));
  }

  private static Socket connect(Process process, int port) throws Exception {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (true) {
      try {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        return socket;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  /** Publishes a message, and waits for the answer. */
  void publish(String message) throws IOException {
    byte[] body = message.getBytes(StandardCharsets.UTF_8);
    OutputStream out = publisher.getOutputStream();
    String head =
        "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    byte[] request = new byte[head.length() + body.length];
    System.arraycopy(head.getBytes(StandardCharsets.US_ASCII), 0, request, 0, head.length());
    System.arraycopy(body, 0, request, head.length(), body.length);
    out.write(request);
    InputStream in = publisher.getInputStream();
    int length = in.read(answer);
    if (length < 12 || answer[9] != '2') {
      throw new IOException(
          "nchan: " + new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII));
    }
  }

  @Override
  public void close() throws Exception {
    publisher.close();
    process.destroy();
    process.waitFor();
  }
}

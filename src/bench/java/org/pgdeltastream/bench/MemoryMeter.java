package org.pgdeltastream.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.support.Jcmd;

/** What a server's clients cost it: heap, the process's memory, and the kernel's for sockets. */
final class MemoryMeter {
  /** A line of each space; G1 has one, others have two. Metaspace has no total. */
  private static final Pattern USED = Pattern.compile("total [^\\[\\n]*?used (\\d+)K");

  /** ss(8): received, limit, sent, limit, kept for later, queued to be sent, options, backlog. */
  private static final Pattern SOCKET =
      Pattern.compile("skmem:\\(r(\\d+),rb\\d+,t\\d+,tb\\d+,f(\\d+),w(\\d+),o(\\d+),bl(\\d+)");

  private static final double SAME = 0.99;

  private MemoryMeter() {}

  /** Kilobytes in use after full collections, once clients that left have let go of theirs. */
  static long heap(long pid) throws Exception {
    long last = collected(pid);
    long now = collected(pid);
    while (now < last * SAME) {
      LockSupport.parkNanos(1_000_000_000);
      last = now;
      now = collected(pid);
    }
    return now;
  }

  private static long collected(long pid) throws Exception {
    Jcmd.ask(pid, "GC.run");
    Matcher used = USED.matcher(Jcmd.ask(pid, "GC.heap_info"));
    long sum = 0;
    while (used.find()) {
      sum += Long.parseLong(used.group(1));
    }
    if (sum == 0) {
      throw new IOException("No heap in the answer of jcmd");
    }
    return sum;
  }

  /** Bytes of the kernel's memory for each connection of the server, as it charges them. */
  static List<Long> sockets(int port) throws IOException, InterruptedException {
    Process ss =
        new ProcessBuilder("ss", "-tmnH", "state", "established", "sport = :" + port)
            .redirectErrorStream(true)
            .start();
    String said = new String(ss.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    if (ss.waitFor() != 0) {
      throw new IOException("ss: " + said);
    }
    return SOCKET.matcher(said).results().map(MemoryMeter::sum).toList();
  }

  private static long sum(MatchResult socket) {
    long sum = 0;
    for (int i = 1; i <= socket.groupCount(); i++) {
      sum += Long.parseLong(socket.group(i));
    }
    return sum;
  }
}

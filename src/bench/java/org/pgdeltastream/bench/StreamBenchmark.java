package org.pgdeltastream.bench;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/**
 * Drains the same WAL by PostgreSQL's own client, pg_recvlogical, and by ours through a real
 * websocket, in turn, and prints for each workload what each took. The server is the runnable jar
 * with 256 MB of heap in a process of its own. Arguments: rounds, a factor for the workloads' size,
 * their names, the names of contenders to take part (none: all).
 *
 * <p>Every contender gets a copy of one slot, so that all read the very same WAL. Ratios are taken
 * round by round, then the median; the first two rounds of each workload warm up.
 *
 * <p>With {@code bench.before}, the path of another jar, that one takes part as "before …", and
 * comes first: so two builds are compared in one run.
 */
public final class StreamBenchmark {
  private static final int WARM_UP = 2;
  private static final String BASE = "pg_recvlogical wal2json";

  /** What one drain took. */
  private record Drain(
      double rate, double megabytesPerSecond, double reader, double walsender, long megabytes) {}

  private record Contender(String name, String plugin, Run run) {}

  private interface Run {
    Drain drain(String slot, Workload work) throws Exception;
  }

  private final TestDatabase database;
  private final Program endpoint;
  private final Program upgrade;
  private final List<Program> before;
  private final Map<String, Map<String, List<Drain>>> results = new LinkedHashMap<>();
  private String end = "";

  private StreamBenchmark(
      TestDatabase database, Program endpoint, Program upgrade, List<Program> before) {
    this.database = database;
    this.endpoint = endpoint;
    this.upgrade = upgrade;
    this.before = before;
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    double size = Double.parseDouble(arguments[1]);
    List<String> names = List.of(arguments[2].split(",", -1));
    List<String> parts = arguments.length > 3 ? List.of(arguments[3].split(",", -1)) : List.of("");
    Path directory = Files.createDirectories(Path.of("target", "bench"));
    Map<String, String> settings =
        Map.of(
            "full_page_writes", "off",
            "autovacuum", "off",
            "max_wal_size", "60GB",
            "checkpoint_timeout", "1d",
            "shared_buffers", "1GB",
            "jit", "off");
    try (TestDatabase database = TestDatabase.system(settings);
        Program endpoint = start(database, directory, "endpoint");
        Program upgrade = start(database, directory, "upgrade")) {
      List<Program> before = before(database, directory);
      try {
        StreamBenchmark benchmark = new StreamBenchmark(database, endpoint, upgrade, before);
        for (Workload work : workloads(size)) {
          if (names.contains(work.name())) {
            benchmark.measure(work, rounds, parts);
          }
        }
        if (names.contains("latency")) {
          benchmark.latency((int) (20 * size) + 5);
        }
        Files.writeString(Path.of("target", "stream-benchmark.json"), benchmark.json());
      } finally {
        before.forEach(Program::close);
      }
    }
  }

  private static List<Program> before(TestDatabase database, Path directory) throws IOException {
    String jar = System.getProperty("bench.before", "");
    if (jar.isEmpty()) {
      return List.of();
    }
    System.setProperty("pgdelta.test.jar", jar);
    Path old = Files.createDirectories(directory.resolve("before"));
    return List.of(start(database, old, "endpoint"), start(database, old, "upgrade"));
  }

  private static Program start(TestDatabase database, Path directory, String websocket)
      throws IOException {
    return Program.start(
        database,
        database.port(),
        System.getProperty("bench.heap", "256m"),
        directory,
        "-Dpgdelta.websocket=" + websocket);
  }

  private static List<Workload> workloads(double size) {
    return List.of(
        Workload.w1((int) (400_000 * size)),
        Workload.w2((int) (500_000 * size)),
        Workload.w3((int) (5_000_000 * size)),
        Workload.w4((int) (300_000 * size)),
        Workload.w5((int) (800_000 * size)),
        Workload.w6((int) (800_000 * size)));
  }

  private List<Contender> contenders(List<String> parts) {
    List<Contender> all = new ArrayList<>();
    if (!before.isEmpty()) {
      all.add(ours("before pgoutput", before.get(0), "pgoutput", 1));
      all.add(ours("before pgoutput upgrade", before.get(1), "pgoutput", 1));
    }
    all.addAll(
        List.of(
            new Contender(BASE, "wal2json", (slot, work) -> pgRecvlogical(slot, work, List.of())),
            new Contender(
                "pg_recvlogical pgoutput",
                "pgoutput",
                (slot, work) ->
                    pgRecvlogical(
                        slot, work, List.of("-o", "proto_version=1", "-o", "publication_names=p"))),
            ours("ours pgoutput", endpoint, "pgoutput", 1),
            ours("ours pgoutput upgrade", upgrade, "pgoutput", 1),
            ours("ours pgoutput upgrade format 2", upgrade, "pgoutput", 2),
            ours("ours wal2json", endpoint, "wal2json", 1),
            ours("ours wal2json upgrade", upgrade, "wal2json", 1),
            ours("ours wal2json upgrade format 2", upgrade, "wal2json", 2)));
    all.removeIf(one -> parts.stream().noneMatch(one.name()::startsWith));
    return all;
  }

  private Contender ours(String name, Program server, String plugin, int format) {
    String options =
        (plugin.equals("pgoutput") ? "&publication=p" : "") + (format == 2 ? "&format=2" : "");
    return new Contender(name, plugin, (slot, work) -> ours(server, slot, work, options, format));
  }

  private void measure(Workload work, int rounds, List<String> parts) throws Exception {
    database.execute("checkpoint");
    work.prepare(database);
    for (String plugin : List.of("pgoutput", "wal2json")) {
      database.execute(
          "select pg_create_logical_replication_slot('master_%1$s', '%1$s')".formatted(plugin));
    }
    work.write(database);
    end = database.text("select pg_current_wal_lsn()");
    database.execute("select pg_switch_wal()");
    database.execute("checkpoint");
    Map<String, List<Drain>> drains = new LinkedHashMap<>();
    for (int round = -WARM_UP; round < rounds; round++) {
      for (Contender one : contenders(parts)) {
        database.execute(
            "select pg_copy_logical_replication_slot('master_%s', 'delta_copy')"
                .formatted(one.plugin()));
        Drain drain = one.run().drain("delta_copy", work);
        await("the slot to be free")
            .atMost(Duration.ofSeconds(20))
            .until(() -> activePid("delta_copy") == 0);
        database.execute("select pg_drop_replication_slot('delta_copy')");
        if (round >= 0) {
          drains.computeIfAbsent(one.name(), name -> new ArrayList<>()).add(drain);
        }
      }
    }
    for (String plugin : List.of("pgoutput", "wal2json")) {
      database.execute("select pg_drop_replication_slot('master_" + plugin + "')");
    }
    results.put(work.name(), drains);
    print(work, rounds, drains);
  }

  private Drain pgRecvlogical(String slot, Workload work, List<String> options) throws Exception {
    List<String> command =
        new ArrayList<>(
            Tools.command(
                database, "pg_recvlogical", "-d", "postgres", "-S", slot, "--start", "--no-loop"));
    command.addAll(List.of("-f", "/dev/null", "-E", end));
    command.addAll(options);
    double cpu = ProcessMeter.secondsOfChildren();
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectError(new File("target/bench/pg_recvlogical")).start();
    ProcessMeter.Watch walsender = new ProcessMeter.Watch(awaitActivePid(slot));
    if (process.waitFor() != 0) {
      throw new IOException(
          command + ": " + Files.readString(Path.of("target/bench/pg_recvlogical")));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double millions = work.changes() / 1e6;
    return new Drain(
        work.changes() / seconds,
        0,
        (ProcessMeter.secondsOfChildren() - cpu) / millions,
        walsender.awaitEnd() / millions,
        0);
  }

  private Drain ours(Program server, String slot, Workload work, String options, int format)
      throws Exception {
    boolean ids = work.lanes() > 0;
    String before =
        format == 1
            ? "\"columnvalues\":["
            : "\"columns\":[{\"name\":\"id\",\"type\":\"bigint\",\"value\":";
    ChangeScanner scanner =
        new ChangeScanner(ids ? before : "\"schema\":\"", work.lanes(), id -> {});
    ProcessMeter.forgetPeak(server.pid());
    double cpu = ProcessMeter.seconds(server.pid());
    long start = System.nanoTime();
    ProcessMeter.Watch walsender;
    List<ProcessMeter.Watch> catchUp = new ArrayList<>();
    long bytes;
    double seconds;
    double second;
    try (DrainClient client = new DrainClient(server.streamUrl(slot) + options, scanner)) {
      long first = awaitActivePid(slot);
      walsender = new ProcessMeter.Watch(first);
      for (String pid : catchUpPids()) {
        catchUp.add(new ProcessMeter.Watch(Long.parseLong(pid)));
      }
      bytes = client.drain(work.changes());
      seconds = (System.nanoTime() - start) / 1e9;
      long last = activePid(slot); // another one, where a catch-up did not pay
      second = last == first ? 0 : ProcessMeter.seconds(last);
    }
    double millions = work.changes() / 1e6;
    double took = walsender.awaitEnd() + second;
    for (ProcessMeter.Watch backend : catchUp) {
      took += backend.awaitEnd();
    }
    return new Drain(
        work.changes() / seconds,
        bytes / 1e6 / seconds,
        (ProcessMeter.seconds(server.pid()) - cpu) / millions,
        took / millions,
        ProcessMeter.peakMegabytes(server.pid()));
  }

  private long awaitActivePid(String slot) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    long pid = activePid(slot);
    while (pid == 0) {
      if (System.nanoTime() > deadline) {
        throw new IOException("The slot was not taken within 20 s");
      }
      LockSupport.parkNanos(2_000_000);
      pid = activePid(slot);
    }
    return pid;
  }

  private long activePid(String slot) throws Exception {
    return Long.parseLong(
        database.text(
            "select coalesce(max(active_pid), 0) from pg_replication_slots where slot_name = '%s'"
                .formatted(slot)));
  }

  /** The backends that read copies of the slot, which have their numbers in their names. */
  private List<String> catchUpPids() throws Exception {
    String pids =
        database.text(
            "select coalesce(string_agg(substring(slot_name::text from '[0-9]+$'), ','), '')"
                + " from pg_replication_slots where temporary");
    return pids.isEmpty() ? List.of() : List.of(pids.split(",", -1));
  }

  private void print(Workload work, int rounds, Map<String, List<Drain>> drains) {
    System.out.printf(
        "%n%s, %d changes, median of %d rounds%n%-30s %10s %8s %16s %15s %15s %8s%n",
        work.name(),
        work.changes(),
        rounds,
        "",
        "changes/s",
        "MB/s",
        "ratio (min-max)",
        "reader CPU s/M",
        "walsender s/M",
        "peak MB");
    List<Drain> base = drains.values().iterator().next();
    drains.forEach(
        (name, found) -> {
          double[] ratios = new double[found.size()];
          for (int i = 0; i < ratios.length; i++) {
            ratios[i] = found.get(i).rate() / base.get(i).rate();
          }
          java.util.Arrays.sort(ratios);
          System.out.printf(
              Locale.ROOT,
              "%-30s %10.0f %8.1f %5.2f (%.2f-%.2f) %15.2f %15.2f %8.0f%n",
              name,
              median(found, Drain::rate),
              median(found, Drain::megabytesPerSecond),
              ratios[ratios.length / 2],
              ratios[0],
              ratios[ratios.length - 1],
              median(found, Drain::reader),
              median(found, Drain::walsender),
              median(found, drain -> drain.megabytes()));
        });
  }

  private static double median(
      List<Drain> drains, java.util.function.ToDoubleFunction<Drain> figure) {
    double[] sorted = drains.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** From the writing of a row, inside its transaction, to its message in the client. */
  private void latency(int seconds) throws Exception {
    database.execute("drop publication if exists p");
    database.execute("drop table if exists w");
    database.execute("create table w(id bigint, t text)");
    database.execute("create publication p for table w");
    System.out.printf(
        "%nlatency in microseconds%n%-50s %8s %8s %8s %8s%n", "", "p50", "p99", "p99.9", "max");
    for (int round = 0; round < 2; round++) {
      for (int perSecond : List.of(1000, 20)) {
        String load = perSecond == 20 ? ", a change every 50 ms" : ", 1,000 transactions/s";
        pgRecvlogicalLatency(BASE + load, perSecond, seconds, round > 0);
        for (Program server : List.of(endpoint, upgrade)) {
          for (String plugin : List.of("pgoutput", "wal2json")) {
            String name = "ours " + plugin + (server == upgrade ? " upgrade" : "") + load;
            oursLatency(server, name, plugin, perSecond, seconds, round > 0);
          }
        }
      }
    }
  }

  private void oursLatency(
      Program server, String name, String plugin, int perSecond, int seconds, boolean counts)
      throws Exception {
    String options = plugin.equals("pgoutput") ? "&publication=p" : "";
    database.execute(
        "select pg_create_logical_replication_slot('delta_copy', '%s')".formatted(plugin));
    Latencies latencies = new Latencies();
    ChangeScanner scanner = new ChangeScanner("\"columnvalues\":[", 0, latencies);
    try (DrainClient client = new DrainClient(server.streamUrl("delta_copy") + options, scanner)) {
      awaitActivePid("delta_copy");
      Thread writer = writer(perSecond, seconds);
      client.drain(perSecond * seconds);
      writer.join();
    }
    finishLatency(name, latencies, counts);
  }

  private void pgRecvlogicalLatency(String name, int perSecond, int seconds, boolean counts)
      throws Exception {
    database.execute("select pg_create_logical_replication_slot('delta_copy', 'wal2json')");
    Process process =
        new ProcessBuilder(
                Tools.command(
                    database,
                    "pg_recvlogical",
                    "-d",
                    "postgres",
                    "-S",
                    "delta_copy",
                    "--start",
                    "-f",
                    "-"))
            .redirectError(new File("target/bench/pg_recvlogical"))
            .start();
    awaitActivePid("delta_copy");
    Latencies latencies = new Latencies();
    ChangeScanner scanner = new ChangeScanner("\"columnvalues\":[", 0, latencies);
    Thread writer = writer(perSecond, seconds);
    byte[] text = new byte[1 << 16];
    int length = 0;
    InputStream out = process.getInputStream();
    while (scanner.changes() < perSecond * seconds) {
      int count = out.read(text, length, text.length - length);
      int done = scanner.scan(text, 0, length + count);
      length = length + count - done;
      System.arraycopy(text, done, text, 0, length);
    }
    writer.join();
    process.destroy();
    process.waitFor();
    finishLatency(name, latencies, counts);
  }

  private void finishLatency(String name, Latencies latencies, boolean counts) throws Exception {
    await("the slot to be free")
        .atMost(Duration.ofSeconds(20))
        .until(() -> activePid("delta_copy") == 0);
    database.execute("select pg_drop_replication_slot('delta_copy')");
    if (counts) {
      System.out.printf(
          Locale.ROOT,
          "%-50s %8d %8d %8d %8d%n",
          name,
          latencies.percentile(50),
          latencies.percentile(99),
          latencies.percentile(99.9),
          latencies.percentile(100));
    }
  }

  /** Single-row transactions whose id is the time at which they were made. */
  private Thread writer(int perSecond, int seconds) {
    Thread thread =
        new Thread(
            () -> {
              try (Connection connection = database.connect();
                  PreparedStatement insert =
                      connection.prepareStatement(
                          "insert into w values ((extract(epoch from clock_timestamp()) * 1000000)::bigint, 'x')")) {
                long start = System.nanoTime();
                for (int i = 0; i < perSecond * seconds; i++) {
                  long wait = start + i * 1_000_000_000L / perSecond - System.nanoTime();
                  if (wait > 0) {
                    LockSupport.parkNanos(wait);
                  }
                  insert.execute();
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  private String json() {
    StringBuilder json = new StringBuilder("{\"postgres\":\"");
    try {
      json.append(database.text("show server_version"));
    } catch (Exception e) {
      json.append('?');
    }
    json.append("\",\"jdk\":\"").append(Runtime.version()).append("\",\"drains\":[");
    List<String> lines = new ArrayList<>();
    results.forEach(
        (work, drains) ->
            drains.forEach(
                (name, found) ->
                    found.forEach(
                        drain ->
                            lines.add(
                                String.format(
                                    Locale.ROOT,
                                    "%n{\"workload\":\"%s\",\"contender\":\"%s\",\"changesPerSecond\":%.0f,"
                                        + "\"megabytesPerSecond\":%.1f,\"readerCpuPerMillion\":%.3f,"
                                        + "\"walsenderCpuPerMillion\":%.3f,\"peakMegabytes\":%d}",
                                    work,
                                    name,
                                    drain.rate(),
                                    drain.megabytesPerSecond(),
                                    drain.reader(),
                                    drain.walsender(),
                                    drain.megabytes())))));
    return json.append(String.join(",", lines)).append("\n]}\n").toString();
  }
}

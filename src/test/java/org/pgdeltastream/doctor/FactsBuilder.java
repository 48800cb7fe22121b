package org.pgdeltastream.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Facts.FeedLog;
import org.pgdeltastream.doctor.Facts.Identity;
import org.pgdeltastream.doctor.Facts.Kafka;
import org.pgdeltastream.doctor.Facts.OpenTransaction;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.PreparedTransaction;
import org.pgdeltastream.doctor.Facts.Publication;
import org.pgdeltastream.doctor.Facts.Role;
import org.pgdeltastream.doctor.Facts.Room;
import org.pgdeltastream.doctor.Facts.Server;
import org.pgdeltastream.doctor.Facts.Slot;
import org.pgdeltastream.doctor.Facts.Table;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.ServerSettings.Setting;
import org.pgdeltastream.rights.Rights;

/** Facts of a PostgreSQL 18 with which nothing is wrong; a test makes it sick. */
public final class FactsBuilder {
  public int version = 180_006;
  public boolean standby;
  public boolean pooled;
  public Identity other = new Identity("7", Instant.EPOCH, false);
  public Duration clockAhead = Duration.ZERO;
  public String driver = "42.7.14";
  public boolean superuser;
  public boolean replicates = true;
  public boolean bypassesRowSecurity;
  public boolean creates = true;
  public List<String> overrides = List.of();
  public int slotsUsed;
  public int sendersUsed;
  public int connectionsUsed = 10;
  public int roleLimit = -1;
  public int databaseLimit = -1;
  public List<String> wanted = List.of("everything");
  public boolean open;
  public Map<String, List<String>> feeds = Map.of();
  public Rights rights = Rights.NONE;
  public final Map<String, Setting> settings = new HashMap<>();
  public final List<Table> tables = new ArrayList<>();
  public final List<Publication> publications = new ArrayList<>();
  public final List<TableName> differing = new ArrayList<>();
  public final Map<TableName, GrantedTable> granted = new HashMap<>();
  public final List<Slot> slots = new ArrayList<>();
  public final List<OpenTransaction> transactions = new ArrayList<>();
  public final List<PreparedTransaction> prepared = new ArrayList<>();
  public boolean kafkaClientMissing;
  public final List<FeedLog> logs = new ArrayList<>();
  public final Map<Part, String> unread = new EnumMap<>(Part.class);

  public FactsBuilder() {
    set("wal_level", "logical");
    set("max_slot_wal_keep_size", "10240", "MB");
    set("idle_replication_slot_timeout", "0", "s");
    set("wal_sender_timeout", "60000", "ms");
    set("default_transaction_read_only", "off");
    set("fsync", "on");
    set("full_page_writes", "on");
    set("synchronous_commit", "on");
    set("hot_standby_feedback", "on");
    set("primary_slot_name", "standby");
    set("sync_replication_slots", "on");
    set("synchronized_standby_slots", "");
    tables.add(new TableBuilder("healthy").build());
    publications.add(new Publication("everything", EnumSet.allOf(Action.class)));
    slots.add(new SlotBuilder("delta_healthy").build());
    logs.add(new FeedLog("healthy", Optional.empty(), List.of()));
  }

  public void set(String name, String value) {
    set(name, value, "");
  }

  public void set(String name, String value, String unit) {
    settings.put(name, new Setting(value, unit, "configuration file", "sighup"));
  }

  public Facts build() {
    Identity identity = new Identity("7", Instant.EPOCH, standby);
    return new Facts(
        new Server(
            version,
            version / 10_000 + ".6",
            "shop",
            standby,
            pooled,
            identity,
            Optional.of(standby ? identity : other),
            clockAhead,
            driver),
        new ServerSettings(settings),
        new Role("delta", superuser, replicates, bypassesRowSecurity, creates, true, overrides),
        new Room(
            slotsUsed, 10, sendersUsed, 10, connectionsUsed, 97, 1, roleLimit, 1, databaseLimit),
        tables,
        publications,
        differing,
        granted,
        slots,
        transactions,
        prepared,
        new Kafka(kafkaClientMissing, logs),
        new Wants(wanted, open, feeds, rights),
        unread);
  }

  /** A table with a primary key, which the role owns. */
  public static final class TableBuilder {
    private final String name;
    public Table.Kind kind = Table.Kind.ORDINARY;
    public ReplicaIdentity identity = ReplicaIdentity.DEFAULT;
    public Table.Key key = Table.Key.USABLE;
    public boolean usableIndex;
    public boolean readable = true;
    public boolean owned = true;
    public boolean hidden;
    public boolean generated;
    public long toastPages;

    public TableBuilder(String name) {
      this.name = name;
    }

    public Table build() {
      return new Table(
          new TableName("public", name),
          kind,
          identity,
          key,
          usableIndex,
          true,
          readable,
          owned,
          hidden,
          generated,
          toastPages);
    }
  }

  /** A slot of ours that is read. */
  public static final class SlotBuilder {
    private final String name;
    public boolean logical = true;
    public boolean ours = true;
    public boolean active = true;
    public Optional<Duration> inactiveFor = Optional.empty();
    public String walStatus = "reserved";
    public OptionalLong safeBytes = OptionalLong.of(10L << 30);
    public long retainedBytes = 1 << 20;
    public long catalogXids = 10;
    public long spilledBytes;
    public boolean failover;

    public SlotBuilder(String name) {
      this.name = name;
    }

    public Slot build() {
      return new Slot(
          name,
          logical,
          ours,
          active,
          inactiveFor,
          Optional.of(walStatus),
          safeBytes,
          retainedBytes,
          catalogXids,
          spilledBytes,
          failover);
    }
  }
}

package org.pgdeltastream.decoder;

import java.nio.charset.Charset;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.TypeName;

/**
 * The fields of pgoutput's messages after the type byte, in the manual's order.
 *
 * <p>Source: PostgreSQL's manual, "Logical Replication Message Formats", protocol version 1.
 */
final class PgOutputParser {
  private static final int KEY = 1;
  private static final int CASCADE = 1;
  private static final int RESTART_IDENTITY = 2;
  private static final int TRANSACTIONAL = 1;

  private PgOutputParser() {}

  static Begin begin(WireReader in) {
    Lsn commitLsn = in.lsn();
    long commitTime = in.int64();
    long xid = Integer.toUnsignedLong(in.int32());
    in.end();
    return new Begin(commitLsn, commitTime, xid);
  }

  static Commit commit(WireReader in) {
    in.int8(); // flags, none in use
    Lsn commitLsn = in.lsn();
    Lsn endLsn = in.lsn();
    long commitTime = in.int64();
    in.end();
    return new Commit(commitLsn, endLsn, commitTime);
  }

  static String origin(WireReader in) {
    in.lsn();
    String name = in.string();
    in.end();
    return name;
  }

  /** A type that does not come with PostgreSQL, before the relation that uses it. */
  record Type(int oid, TypeName name) {}

  static Type type(WireReader in) {
    int oid = in.int32();
    TypeName name = new TypeName(schema(in.string()), in.string());
    in.end();
    return new Type(oid, name);
  }

  static Relation relation(WireReader in) {
    int id = in.int32();
    TableName name = new TableName(schema(in.string()), in.string());
    ReplicaIdentity identity = replicaIdentity(in);
    List<Column> columns = in.repeat(in.uint16(), PgOutputParser::column);
    in.end();
    return new Relation(id, name, identity, columns);
  }

  static TruncateOptions truncateOptions(WireReader in) {
    int options = in.int8();
    return new TruncateOptions((options & CASCADE) != 0, (options & RESTART_IDENTITY) != 0);
  }

  static LogicalMessage message(WireReader in, Charset encoding) {
    boolean transactional = (in.int8() & TRANSACTIONAL) != 0;
    Lsn lsn = in.lsn();
    String prefix = in.string();
    String content = in.text(in.int32(), encoding);
    in.end();
    return new LogicalMessage(transactional, lsn, prefix, content);
  }

  static OldTupleKind oldTupleKind(WireReader in) {
    byte kind = in.int8();
    return switch (kind) {
      case 'K' -> OldTupleKind.KEY;
      case 'O' -> OldTupleKind.FULL;
      case 'N' -> OldTupleKind.NONE;
      default -> throw in.malformed("Unknown tuple kind " + kind, Byte.BYTES);
    };
  }

  static void newTupleMark(WireReader in) {
    byte mark = in.int8();
    if (mark != 'N') {
      throw in.malformed("Not a new tuple: " + mark, Byte.BYTES);
    }
  }

  static void tuple(WireReader in, Relation relation, Tuple tuple) {
    int size = in.uint16();
    if (size != relation.columns().size()) {
      throw in.malformed(
          "Tuple of " + size + " columns for " + relation.columns().size(), Short.BYTES);
    }
    tuple.reset(in.bytes());
    for (int column = 0; column < size; column++) {
      value(in, tuple);
    }
  }

  private static void value(WireReader in, Tuple tuple) {
    byte kind = in.int8();
    switch (kind) {
      case 'n' -> tuple.addNull();
      case 'u' -> tuple.addUnchangedToast();
      case 't' -> {
        int length = in.int32();
        tuple.addText(in.skip(length), length); // skip answers where the text began
      }
      default -> throw in.malformed("Unknown value kind " + kind, Byte.BYTES);
    }
  }

  /** The server leaves out the name of the schema that is always searched. */
  private static String schema(String name) {
    return name.isEmpty() ? "pg_catalog" : name;
  }

  private static ReplicaIdentity replicaIdentity(WireReader in) {
    byte identity = in.int8();
    return switch (identity) {
      case 'd' -> ReplicaIdentity.DEFAULT;
      case 'i' -> ReplicaIdentity.INDEX;
      case 'f' -> ReplicaIdentity.FULL;
      case 'n' -> ReplicaIdentity.NOTHING;
      default -> throw in.malformed("Unknown replica identity " + identity, Byte.BYTES);
    };
  }

  private static Column column(WireReader in) {
    boolean key = (in.int8() & KEY) != 0;
    String name = in.string();
    int typeOid = in.int32();
    int typeModifier = in.int32();
    return new Column(key, name, typeOid, typeModifier);
  }
}

package org.pgdeltastream.encoder.rows;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.encoder.JsonBuffer;

/**
 * Writes a table's rows as messages of up to 64 KB: {@code
 * {"snapshot":{"schema":"public","table":"t","types":{"id":"integer"},"rows":[{"id":1}]}}}. A
 * larger row is alone in its message, which leaves in pieces. A table without rows has one message.
 */
public final class RowMessages implements RowListener {
  private static final int MOST_BYTES = 64 * 1024;
  private static final byte[] END = {']', '}', '}'};

  private final MessageOutput output;
  private final Numbers numbers;
  private final TableName table;
  private final JsonBuffer message = new JsonBuffer(full -> {});
  private final JsonBuffer row = new JsonBuffer(full -> sendPart());
  private byte[] head = {};
  private RowText text = RowText.withoutColumns();
  private long rows;
  private long inMessage;
  private boolean isLarge; // some of the row was sent
  private boolean hasSent;

  public RowMessages(MessageOutput output, TableName table, Numbers numbers) {
    this.output = output;
    this.table = table;
    this.numbers = numbers;
  }

  private byte[] head(List<Column> columns, List<String> types) throws IOException {
    JsonBuffer begin = new JsonBuffer(full -> {});
    begin.append("{\"snapshot\":{\"schema\":".getBytes(US_ASCII));
    begin.appendQuoted(table.schema());
    begin.append(",\"table\":".getBytes(US_ASCII));
    begin.appendQuoted(table.table());
    for (int i = 0; i < types.size(); i++) {
      begin.append((i == 0 ? ",\"types\":{" : ",").getBytes(US_ASCII));
      begin.appendQuoted(columns.get(i).name());
      begin.append(':');
      begin.appendQuoted(types.get(i));
    }
    begin.append(((types.isEmpty() ? "" : "}") + ",\"rows\":[").getBytes(US_ASCII));
    return begin.copy();
  }

  /** How many there were so far. */
  public long rows() {
    return rows;
  }

  @Override
  public void columns(List<Column> columns) throws IOException {
    columns(columns, List.of());
  }

  /**
   * The same with their types.
   *
   * @param types as changes name them; none: they are not told
   */
  public void columns(List<Column> columns, List<String> types) throws IOException {
    text = RowText.of(columns, numbers);
    head = head(columns, types);
    message.append(head);
  }

  @Override
  public void row(Tuple tuple) throws IOException {
    rows++;
    text.append(row, tuple);
    if (isLarge) {
      row.append(END);
      output.last(row.bytes(), row.start(), row.length(), Lsn.NONE);
      isLarge = false;
      row.reset();
      return;
    }
    if (inMessage > 0 && message.length() + row.length() + 1 + END.length > MOST_BYTES) {
      send();
    }
    if (inMessage++ > 0) {
      message.append(',');
    }
    message.append(row.bytes(), row.start(), row.length());
    row.reset();
  }

  @Override
  public void end() throws IOException {
    if (inMessage > 0 || !hasSent) {
      send();
    }
  }

  private void send() throws IOException {
    message.append(END);
    output.last(message.bytes(), message.start(), message.length(), Lsn.NONE);
    message.reset();
    message.append(head);
    inMessage = 0;
    hasSent = true;
  }

  /** Of a row that is larger than a message. */
  private void sendPart() throws IOException {
    if (!isLarge) {
      if (inMessage > 0) {
        send();
      }
      output.part(head, 0, head.length);
      isLarge = true;
      hasSent = true;
    }
    output.part(row.bytes(), row.start(), row.length());
    row.reset();
  }
}

package org.pgdeltastream.encoder;

/** A column as it is written: name and type in quotes, and the format of its values. */
final class ColumnText {
  private final int index;
  private final byte[] name;
  private final byte[] type;
  private final ValueFormat format;

  ColumnText(int index, byte[] name, byte[] type, ValueFormat format) {
    this.index = index;
    this.name = name;
    this.type = type;
    this.format = format;
  }

  int index() {
    return index;
  }

  byte[] name() {
    return name;
  }

  byte[] type() {
    return type;
  }

  ValueFormat format() {
    return format;
  }
}

package org.pgdeltastream.slot;

import java.io.ByteArrayOutputStream;
import org.pgdeltastream.change.SlotName;

/** A page of rows as a JSON array in UTF-8, and the slot whose snapshot it was read under. */
public record SnapshotPage(SlotName slot, ByteArrayOutputStream json) {}

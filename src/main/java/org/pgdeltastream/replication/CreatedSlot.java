package org.pgdeltastream.replication;

import org.pgdeltastream.change.Lsn;

/** A slot just made: where its stream begins, and the database as it was exactly there. */
public record CreatedSlot(Lsn consistentPoint, ExportedSnapshot snapshot) {}

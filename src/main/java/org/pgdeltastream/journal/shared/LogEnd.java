package org.pgdeltastream.journal.shared;

import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * Where a log ends.
 *
 * @param written where its last record ends
 * @param committed where the last record ends that was not given up
 * @param last the last record that was not given up; empty if there is none
 * @param wasEmptied whether it had records, and none is left
 */
public record LogEnd(Lsn written, Lsn committed, Optional<RecordHeader> last, boolean wasEmptied) {}

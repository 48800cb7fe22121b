/** From a snapshot's rows to JSON arrays, NDJSON and CSV, as UTF-8 bytes. No I/O. */
@NullMarked
package org.pgdeltastream.encoder.rows;

import org.jspecify.annotations.NullMarked;

/**
 * From the bytes of an output plugin to changes: pgoutput is decoded, wal2json is framed. Bytes
 * from outside are checked here; every failure is a {@link
 * org.pgdeltastream.change.MalformedMessageException}. No I/O.
 */
@NullMarked
package org.pgdeltastream.decoder;

import org.jspecify.annotations.NullMarked;

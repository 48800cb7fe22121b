/**
 * From the bytes of an output plugin to changes: decodes pgoutput, frames wal2json. Checks bytes
 * from outside; every failure is a {@link org.pgdeltastream.change.MalformedMessageException}. No
 * I/O.
 */
@NullMarked
package org.pgdeltastream.decoder;

import org.jspecify.annotations.NullMarked;

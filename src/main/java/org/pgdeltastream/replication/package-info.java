/**
 * The replication connection: creates and drops slots, exports snapshots, reads WAL data, reports
 * positions. Also what only a control connection tells: publications, the catalog, the list of
 * slots. It has never heard of a decoder, a client or a web server. Only {@code slot} calls it.
 */
@NullMarked
package org.pgdeltastream.replication;

import org.jspecify.annotations.NullMarked;

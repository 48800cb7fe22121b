/**
 * What a client may ask of a stream: which tables, actions and details, as wal2json's options name
 * them.
 */
@NullMarked
package org.pgdeltastream.change.option;

import org.jspecify.annotations.NullMarked;

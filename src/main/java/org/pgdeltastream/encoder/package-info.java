/**
 * From changes to the public formats, as UTF-8 bytes. Only this package knows how a value, a change
 * or a transaction is written. No I/O.
 */
@NullMarked
package org.pgdeltastream.encoder;

import org.jspecify.annotations.NullMarked;

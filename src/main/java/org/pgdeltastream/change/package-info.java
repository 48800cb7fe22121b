/**
 * The types that all packages use: positions, names, relations, tuples, problems, and two
 * interfaces for bytes: {@link org.pgdeltastream.change.ChangeListener} (decoder to encoder) and
 * {@link org.pgdeltastream.change.MessageOutput} (encoder to client). No I/O. It imports no other
 * package.
 */
@NullMarked
package org.pgdeltastream.change;

import org.jspecify.annotations.NullMarked;

/**
 * The vocabulary that every room speaks: positions, names, relations, tuples, and the two
 * interfaces that bytes pass through, {@link org.pgdeltastream.change.ChangeListener} (decoder to
 * encoder) and {@link org.pgdeltastream.change.MessageOutput} (encoder to client). JDK only; no
 * I/O, no state. Everybody may call it; it calls nobody.
 */
@NullMarked
package org.pgdeltastream.change;

import org.jspecify.annotations.NullMarked;

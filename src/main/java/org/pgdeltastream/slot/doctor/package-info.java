/** Examines this server's PostgreSQL: for a running server, and as a command. */
@NullMarked
package org.pgdeltastream.slot.doctor;

import org.jspecify.annotations.NullMarked;

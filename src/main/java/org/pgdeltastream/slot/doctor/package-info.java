/** Examines this server's PostgreSQL. */
@NullMarked
package org.pgdeltastream.slot.doctor;

import org.jspecify.annotations.NullMarked;

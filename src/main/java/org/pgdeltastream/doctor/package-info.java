/** The doctor: what PostgreSQL is found to be, what is wrong with it, and what helps. */
@NullMarked
package org.pgdeltastream.doctor;

import org.jspecify.annotations.NullMarked;

/** The program's own PostgreSQL, and the files that the program unpacks and writes. */
@NullMarked
package org.pgdeltastream.launch.postgres;

import org.jspecify.annotations.NullMarked;

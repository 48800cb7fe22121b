/** How connections to PostgreSQL are opened, named, read, asked and cut. */
@NullMarked
package org.pgdeltastream.replication.connection;

import org.jspecify.annotations.NullMarked;

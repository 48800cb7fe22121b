/** The publications of our own, and what PostgreSQL knows of those of others. */
@NullMarked
package org.pgdeltastream.replication.publication;

import org.jspecify.annotations.NullMarked;

/** Reads from PostgreSQL what the doctor judges. */
@NullMarked
package org.pgdeltastream.replication.facts;

import org.jspecify.annotations.NullMarked;

/** The settings, this server's database, and what PostgreSQL's errors mean to a client. */
@NullMarked
package org.pgdeltastream.slot.database;

import org.jspecify.annotations.NullMarked;

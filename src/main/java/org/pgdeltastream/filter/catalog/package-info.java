/** Makes filters of conditions, with what PostgreSQL knows of their tables. */
@NullMarked
package org.pgdeltastream.filter.catalog;

import org.jspecify.annotations.NullMarked;
